import PacketSpace
import Testing

struct OutcomeTests {
  private let effects: [Outcome.Effect] = [
    .counter("b"), .limiter(3), .counter("a"), .helper(type: "ftp", transport: 6), .counter("a"),
    .log(prefix: "dropped: ", group: nil, rate: 10, unitSeconds: 1, burst: 5),
    .log(prefix: "dropped: ", group: 2, rate: 10, unitSeconds: 1, burst: 5),
  ]

  @Test func effectsInAnyOrderAreOneOutcome() {
    let outcome = Outcome(.drop, effects: effects)
    #expect(outcome == Outcome(.drop, effects: effects.reversed()))
    #expect(outcome.effects.count == effects.count)
    #expect(outcome != Outcome(.accept, effects: effects))
  }

  @Test func whatHappensTwiceIsNotWhatHappensOnce() {
    #expect(
      Outcome(.accept, effects: [.counter("a"), .counter("a")])
        != Outcome(.accept, effects: [.counter("a")]))
  }

  @Test func effectsReadAsTheyAreNamed() {
    #expect(
      effects.map(\.description) == [
        "counter b", "limiter 3", "counter a", "helper ftp (protocol 6)", "counter a",
        "log \"dropped: \" to the kernel log, 10 in 1 s, burst 5",
        "log \"dropped: \" to group 2, 10 in 1 s, burst 5",
      ])
    let others: [Outcome.Effect] = [
      .counterMap("rows-4", by: .source), .record("seen"),
    ]
    #expect(
      others.map(\.description) == [
        "counter of rows-4 by source", "record in seen",
      ])
  }

  @Test func numbersAreGivenOnceAndInOrder() {
    var numbering = Numbering<Outcome>()
    let accept = Outcome(.accept)
    let drop = Outcome(.drop, effects: [.counter("a"), .limiter(1)])
    #expect(numbering.number(of: accept) == 0)
    #expect(numbering.number(of: drop) == 1)
    #expect(numbering.number(of: Outcome(.drop, effects: [.limiter(1), .counter("a")])) == 1)
    #expect(numbering.number(of: accept) == 0)
    #expect(numbering.values == [accept, drop])
    #expect(numbering[1] == drop)
  }
}
