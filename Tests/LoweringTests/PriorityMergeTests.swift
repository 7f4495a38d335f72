import NetworkTypes
import PolicyLanguage
import Testing

@testable import Lowering

/// Small numbers from a seed; the whole line is 0...255, so that every answer can be counted out.
private struct SmallRandom {
  var state: UInt64

  mutating func next(_ bound: UInt64) -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) % bound
  }

  mutating func set() -> IntervalSet<UInt8> {
    IntervalSet(
      (0..<next(5)).map { _ in
        let a = UInt8(next(256))
        let b = UInt8(min(255, UInt64(a) + next(80)))
        return .init(a, b)
      })
  }
}

@Suite struct PriorityMergeTests {
  @Test(arguments: 0..<400) func theFirstLayerThatHoldsAValueDecides(seed: Int) {
    var random = SmallRandom(state: UInt64(seed))
    let layers = (0..<Int(random.next(6))).map { _ in
      (set: random.set(), value: Int(random.next(3)))
    }
    let map = firstLayerWins(layers)
    for value in UInt8.min...UInt8.max {
      let expected = layers.first { $0.set.contains(value) }?.value
      let found = map.filter { $0.lower <= value && value <= $0.upper }.map(\.value)
      #expect(found == (expected.map { [$0] } ?? []), "seed \(seed), \(value)")
    }
    for (a, b) in zip(map, map.dropFirst()) {
      #expect(a.upper < b.lower)
      #expect(a.value != b.value || a.upper + 1 < b.lower, "neighbours with one value are joined")
    }
  }

  @Test func bothEndsOfTheLineAreHeld() {
    let map = firstLayerWins([
      (set: IntervalSet<UInt8>([.init(250, 255), .init(0, 3)]), value: "a"),
      (set: .all, value: "b"),
    ])
    #expect(map.map(\.lower) == [0, 4, 250])
    #expect(map.map(\.upper) == [3, 249, 255])
    #expect(map.map(\.value) == ["a", "b", "a"])
  }
}

@Suite struct LongestPrefixTests {
  @Test(arguments: 0..<400) func theLongestPrefixIsAddedLast(seed: Int) {
    var random = SmallRandom(state: UInt64(seed) &+ 77)
    // Prefixes as they were written, and some out of which something is cut.
    let lists = (0..<Int(random.next(5))).map { _ in
      let written = WrittenPrefixes<UInt8>(
        (0..<random.next(6)).map { _ in
          WrittenPrefix(Prefix(holding: UInt8(random.next(256)), length: Int(random.next(9))))
        })
      return random.next(2) == 0 ? written : written.subtracting(random.set())
    }
    let table = LongestPrefixTable(lists)
    let map = longestPrefixStretches(table, nobody: []) { $0 + [$1] }
    for address in UInt8.min...UInt8.max {
      let holding = table.entries.filter { entry in
        entry.prefix.block.lower <= address && address <= entry.prefix.block.upper
      }
      let found = map.filter { $0.lower <= address && address <= $0.upper }
      #expect(found.count == (holding.isEmpty ? 0 : 1), "seed \(seed), \(address)")
      // Of equal lengths any order will do.
      var values = found.first?.value ?? []
      for length in UInt8(0)...8 {
        let expected = holding.filter { $0.prefix.length == length }.map(\.value)
        #expect(values.prefix(expected.count).sorted() == expected.sorted())
        values.removeFirst(min(expected.count, values.count))
      }
      #expect(values.isEmpty)
    }
    for (a, b) in zip(map, map.dropFirst()) {
      #expect(a.upper < b.lower)
      #expect(a.value != b.value || a.upper + 1 < b.lower, "neighbours that agree are joined")
    }
  }

  @Test func adjacentPrefixesAreLongerThanTheirUnion() {
    func prefix(_ base: UInt8, _ length: Int) -> WrittenPrefix<UInt8> {
      WrittenPrefix(Prefix(holding: base, length: length))
    }
    let table = LongestPrefixTable([
      WrittenPrefixes([prefix(0, 1)]), WrittenPrefixes([prefix(0, 2), prefix(64, 2)]),
    ])
    let map = longestPrefixStretches(table, nobody: 9) { $1 }
    #expect(map.map { [$0.lower, $0.upper] } == [[0, 127]])
    #expect(map.map(\.value) == [1])
  }
}

@Suite struct AnswerSequencesTests {
  @Test func whatNeverExpiresEndsASequence() {
    var sequences = AnswerSequences(expiries: [nil, Timestamp(seconds: 5), nil])
    let first = sequences.sequence(0, before: AnswerSequences.nothing)
    let timed = sequences.sequence(1, before: first)
    #expect(sequences.sequence(1, before: first) == timed)
    #expect(sequences.steps[timed] == .init(answer: 1, next: first))
    let last = sequences.sequence(2, before: timed)
    #expect(sequences.steps[last] == .init(answer: 2, next: AnswerSequences.nothing))
    #expect(sequences.sequence(2, before: AnswerSequences.nothing) == last)
  }

  @Test func whatExpiresFirstIsLeftOut() {
    let dates = [5, 3, 5, 9].map { Timestamp(seconds: $0) }
    var sequences = AnswerSequences(expiries: dates)
    var number = AnswerSequences.nothing
    for answer in [3, 2, 1] { number = sequences.sequence(answer, before: number) }
    #expect(answers(from: number, sequences) == [1, 2, 3])
    // By the time that the first answer ends, the second and the third have ended.
    #expect(answers(from: sequences.sequence(0, before: number), sequences) == [0, 3])
  }

  private func answers(from start: Int, _ sequences: AnswerSequences) -> [Int] {
    var result: [Int] = []
    var number = start
    while number != AnswerSequences.nothing {
      result.append(sequences.steps[number].answer)
      number = sequences.steps[number].next
    }
    return result
  }
}
