import NetworkTypes
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
  /// The prefixes (closed ranges) that make up a set, found by trying all of them.
  private func prefixes(of set: IntervalSet<UInt8>) -> [ClosedRange<Int>] {
    var result: [ClosedRange<Int>] = []
    var start = 0
    while start < 256 {
      guard set.contains(UInt8(start)) else {
        start += 1
        continue
      }
      let size = [256, 128, 64, 32, 16, 8, 4, 2, 1].first { size in
        start % size == 0 && (start..<start + size).allSatisfy { set.contains(UInt8($0)) }
      }
      guard let size else { break }
      result.append(start...(start + size - 1))
      start += size
    }
    return result
  }

  @Test(arguments: 0..<400) func theLongestPrefixComesFirst(seed: Int) {
    var random = SmallRandom(state: UInt64(seed) &+ 77)
    // Values are distinct, so that stacks can be compared as they are.
    let sets = (0..<Int(random.next(5))).map { (set: random.set(), value: $0) }
    let map = longestPrefixStacks(sets)
    let all = sets.flatMap { entry in prefixes(of: entry.set).map { ($0, entry.value) } }
    for address in UInt8.min...UInt8.max {
      let expected = all.filter { $0.0.contains(Int(address)) }
        .sorted { $0.0.count < $1.0.count }.map(\.0.count)
      let found = map.filter { $0.lower <= address && address <= $0.upper }
      #expect(found.count == (expected.isEmpty ? 0 : 1), "seed \(seed), \(address)")
      let lengths = (found.first?.value ?? []).map { value in
        all.filter { $0.1 == value && $0.0.contains(Int(address)) }.map(\.0.count)[0]
      }
      #expect(lengths == expected, "seed \(seed), \(address)")
    }
    for (a, b) in zip(map, map.dropFirst()) { #expect(a.upper < b.lower) }
  }
}
