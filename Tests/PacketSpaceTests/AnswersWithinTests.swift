import PacketSpace
import TestSupport
import Testing

struct AnswersWithinTests {
  @Test func areThoseOfTheSetsCells() throws {
    var generator = SeededGenerator(label: "answers within sets")
    let arena = PacketArena()
    for grid in [Grid.mixed, .small] {
      for _ in 0..<150 {
        let answers = grid.randomTable(answers: 6, using: &generator)
        let members = grid.randomTable(answers: 3, using: &generator).map { $0 == 1 }
        let expected = Set(zip(answers, members).filter(\.1).map(\.0)).sorted()
        let diagram = try grid.diagram(answers, in: arena)
        let set = try grid.set(members, in: arena)
        #expect(arena.answers(of: diagram, within: set) == expected)
      }
    }
  }

  @Test func ofNothingAreNone() {
    let arena = PacketArena()
    #expect(arena.answers(of: .constant(3), within: .empty) == [])
    #expect(arena.answers(of: .constant(3), within: .all) == [3])
  }
}
