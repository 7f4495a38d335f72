import NetworkTypes
import TestSupport
import Testing

/// The algebra of interval sets against a table of 256 truths.
struct IntervalSetTests {
  typealias Bytes = IntervalSet<UInt8>

  static func random(_ generator: inout SeededGenerator) -> Bytes {
    let count = Int.random(in: 0...6, using: &generator)
    return Bytes(
      (0..<count).map { _ in
        // Ends of the domain come up often: they are where arithmetic overflows.
        let edges: [UInt8] = [0, 1, 254, 255, UInt8.random(in: 0...255, using: &generator)]
        let a = edges.randomElement(using: &generator) ?? 0
        let b = UInt8.random(in: 0...255, using: &generator)
        return Bytes.Interval(min(a, b), max(a, b))
      })
  }

  static func truths(_ set: Bytes) -> [Bool] { (0...255).map { set.contains(UInt8($0)) } }

  static func expectCanonical(_ set: Bytes) {
    for interval in set.intervals { #expect(interval.lower <= interval.upper) }
    for (a, b) in zip(set.intervals, set.intervals.dropFirst()) {
      #expect(Int(a.upper) + 1 < Int(b.lower))
    }
  }

  @Test func agreesWithTruthTables() {
    var generator = SeededGenerator(label: "agreesWithTruthTables")
    for _ in 0..<3_000 {
      let a = Self.random(&generator)
      let b = Self.random(&generator)
      let x = Self.truths(a)
      let y = Self.truths(b)
      let union = a.union(b)
      let intersection = a.intersection(b)
      let difference = a.subtracting(b)
      for set in [a, b, union, intersection, difference, a.complement()] {
        Self.expectCanonical(set)
      }
      #expect(Self.truths(union) == zip(x, y).map { $0 || $1 })
      #expect(Self.truths(intersection) == zip(x, y).map { $0 && $1 })
      #expect(Self.truths(difference) == zip(x, y).map { $0 && !$1 })
      #expect(Self.truths(a.complement()) == x.map { !$0 })
      #expect(a.isSubset(of: b) == zip(x, y).allSatisfy { !$0 || $1 })
    }
  }

  @Test func obeysTheLawsOfSets() {
    var generator = SeededGenerator(label: "obeysTheLawsOfSets")
    for _ in 0..<2_000 {
      let a = Self.random(&generator)
      let b = Self.random(&generator)
      let c = Self.random(&generator)
      #expect(a.union(b).complement() == a.complement().intersection(b.complement()))
      #expect(a.intersection(b).complement() == a.complement().union(b.complement()))
      #expect(a.complement().complement() == a)
      #expect(
        a.intersection(b.union(c)) == a.intersection(b).union(a.intersection(c)))
      #expect(a.subtracting(b).union(a.intersection(b)) == a)
      #expect(a.union(a.complement()).isAll)
      #expect(a.intersection(a.complement()).isEmpty)
    }
  }

  @Test func mergesNeighboursOfEveryPairOfIntervals() {
    for a in stride(from: 0, through: 255, by: 5) {
      for b in a...255 {
        let set = Bytes([Bytes.Interval(0, UInt8(a)), Bytes.Interval(UInt8(b), 255)])
        #expect(set.isAll == (b <= a + 1))
        Self.expectCanonical(set)
      }
    }
  }
}
