import NetworkTypes
import Testing

/// Prefixes of a line of 256 addresses, so that every answer can be counted out.
private struct SmallPrefixes {
  private var state: UInt64

  init(seed: Int) { state = UInt64(seed) &+ 99 }

  mutating func next(_ bound: UInt64) -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) % bound
  }

  mutating func prefix() -> Prefix<UInt8> {
    Prefix(holding: UInt8(next(256)), length: Int(next(9)))
  }

  mutating func set() -> IntervalSet<UInt8> {
    IntervalSet(
      (0..<next(4)).map { _ in
        let a = UInt8(next(256))
        return .init(a, UInt8(min(255, UInt64(a) + next(60))))
      })
  }
}

@Suite struct WrittenPrefixesTests {
  private func written(_ literals: String...) -> WrittenPrefixes<UInt32> {
    WrittenPrefixes(
      literals.compactMap { text in
        guard case .ipv4(let interval) = try? parseAddressLiteral(text) else { return nil }
        return interval
      })
  }

  @Test func neighboursAndNestedPrefixesStayApart() {
    let prefixes = written(
      "198.51.100.128/25", "198.51.100.0/25", "198.51.100.0/24", "198.51.100.0/25",
      "198.51.100.7")
    #expect(
      prefixes.prefixes.map(\.whole.description) == [
        "198.51.100.0/24", "198.51.100.0/25", "198.51.100.7/32", "198.51.100.128/25",
      ])
    #expect(prefixes.addresses.intervals.map(\.addressDescription) == ["198.51.100.0/24"])
  }

  @Test func rangesAreTheirFewestPrefixes() {
    #expect(
      written("192.0.2.1-192.0.2.6").prefixes.map(\.whole.description) == [
        "192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/31", "192.0.2.6/32",
      ])
  }

  @Test func whatIsLeftKeepsItsLength() {
    let rest = written("198.51.100.0/24", "198.51.100.128/25").subtracting(
      IntervalSet([IntervalSet<UInt32>.Interval(0xc633_6400, 0xc633_643f)]))
    #expect(
      rest.prefixes.map { "\($0.block.addressDescription) of \($0.whole)" } == [
        "198.51.100.64/26 of 198.51.100.0/24", "198.51.100.128/25 of 198.51.100.0/24",
        "198.51.100.128/25 of 198.51.100.128/25",
      ])
  }

  @Test func everyPrefixOfBothFamiliesFitsBothEnds() {
    #expect(WrittenAddresses.any.addresses == .any)
    #expect(WrittenAddresses.any.ipv6.prefixes.map(\.length) == [0])
    let last = WrittenPrefixes<UInt128>([IntervalSet.Interval(.max, .max)])
    #expect(last.prefixes.map(\.blockLength) == [128])
    #expect(WrittenAddresses.any.subtracting(.any).isEmpty)
    let holes = AddressSet(ipv4: IntervalSet(0), ipv6: IntervalSet(.max))
    let rest = WrittenAddresses.any.subtracting(holes)
    #expect(rest.addresses == holes.complement())
    #expect(rest.ipv4.prefixes.count == 32)
    #expect(rest.ipv6.prefixes.allSatisfy { $0.length == 0 })
  }

  @Test func builtInNetworksHoldTheSameAsMergedSets() {
    for name in AddressSet.builtInNames {
      #expect(WrittenAddresses.builtIn(name)?.addresses == AddressSet.builtIn(name))
    }
    #expect(
      WrittenAddresses.builtIn("special-use")?.ipv6.prefixes.map(\.length).contains(63) == false)
  }

  @Test(arguments: 0..<200) func subtractionIsThatOfEachPrefix(seed: Int) {
    var random = SmallPrefixes(seed: seed)
    let prefixes = (0..<random.next(8)).map { _ in random.prefix() }
    let removed = random.set()
    let rest = WrittenPrefixes(prefixes.map { WrittenPrefix($0) }).subtracting(removed)
    for address in UInt8.min...UInt8.max {
      let expected = Set(prefixes.filter { holds($0.interval, address) }.map(\.length))
      let found = rest.prefixes.filter { holds($0.block, address) }.map { Int($0.length) }
      #expect(found.sorted() == (removed.contains(address) ? [] : expected.sorted()))
    }
    #expect(zip(rest.prefixes, rest.prefixes.dropFirst()).allSatisfy { $0.precedes($1) })
  }

  @Test(arguments: 0..<200) func repeatsAreThePairsAtOnePrefix(seed: Int) {
    var random = SmallPrefixes(seed: seed)
    let lists = (0..<random.next(5)).map { _ in
      WrittenPrefixes((0..<random.next(6)).map { _ in WrittenPrefix(random.prefix()) })
        .subtracting(random.set())
    }
    let repeats = LongestPrefixTable(lists).repeats()
    let pairs = repeats.map { [$0.first, $0.second] }
    #expect(Set(pairs).count == pairs.count)
    for found in repeats {
      #expect(found.first < found.second)
      let both = [found.first, found.second].map { value in
        lists[Int(value)].prefixes.filter { $0.whole == found.prefix }
      }
      let isCommon = both[0].contains { a in both[1].contains { overlaps(a.block, $0.block) } }
      #expect(isCommon)
    }
    // Who shares a prefix with anybody is reported, with the first if not with each.
    for second in lists.indices {
      for first in lists.indices where first < second {
        let isCommon = lists[first].prefixes.contains { a in
          lists[second].prefixes.contains { $0.length == a.length && overlaps($0.block, a.block) }
        }
        if isCommon { #expect(pairs.contains { $0.contains(UInt32(second)) }) }
      }
    }
  }

  private func holds(_ interval: IntervalSet<UInt8>.Interval, _ address: UInt8) -> Bool {
    interval.lower <= address && address <= interval.upper
  }

  private func overlaps(
    _ a: IntervalSet<UInt8>.Interval, _ b: IntervalSet<UInt8>.Interval
  ) -> Bool {
    a.lower <= b.upper && b.lower <= a.upper
  }
}
