package import NetworkTypes

/// The interface names that a policy or a ruleset can tell apart, as numbers.
///
/// Every name belongs to one class: the exact names that occur; for each pattern `x*` the names that
/// match it and nothing more exact; any other name; and the empty name that a packet has on the side
/// where it uses no interface. All analyses that are compared must share one value of this type.
package struct InterfaceClasses: Hashable, Sendable {
  /// Sorted; class 2 and on.
  private let exact: [String]
  /// Stems of the patterns `x*`, sorted; after the exact names.
  private let stems: [String]

  /// The class of the empty name.
  package static let none: UInt32 = 0
  /// The class of the names that nothing else speaks of.
  package static let other: UInt32 = 1

  package init(exact: some Sequence<String>, stems: some Sequence<String>) {
    self.exact = Set(exact).union(["lo"]).sorted()
    self.stems = Set(stems).sorted()
  }

  package var count: Int { 2 + exact.count + stems.count }

  /// The class of a name.
  ///
  /// O(classes).
  package func classOf(_ name: String) -> UInt32 {
    if name.isEmpty { return Self.none }
    if let index = exact.firstIndex(of: name) { return UInt32(2 + index) }
    guard let stem = longestStem(of: name) else { return Self.other }
    return UInt32(2 + exact.count + stem)
  }

  /// The classes of the names that a name or a pattern `stem*` matches.
  ///
  /// The name or the stem must be one of those that this value was made of.
  package func classes(matching stem: String, isWildcard: Bool) -> IntervalSet<UInt32> {
    if !isWildcard { return IntervalSet(classOf(stem)) }
    let classes = (0..<UInt32(count)).filter { $0 != Self.none && name(of: $0).hasPrefix(stem) }
    return IntervalSet(classes.map { .init($0, $0) })
  }

  /// Every class but the empty name's.
  package var named: IntervalSet<UInt32> {
    IntervalSet(canonical: [.init(Self.other, UInt32(count - 1))])
  }

  /// A name of the class that belongs to no other.
  package func name(of interfaceClass: UInt32) -> String {
    switch interfaceClass {
    case Self.none: return ""
    case Self.other: return fresh("if")
    default:
      let index = Int(interfaceClass) - 2
      if index < exact.count { return exact[index] }
      // A class that is no class of this value has no better answer than the others' name.
      return index - exact.count < stems.count ? fresh(stems[index - exact.count]) : fresh("if")
    }
  }

  /// A short name that begins with a stem and that nothing longer or more exact matches.
  private func fresh(_ stem: String) -> String {
    let own = stems.firstIndex(of: stem)
    for number in 0... {
      let name = stem + String(number)
      if !exact.contains(name), longestStem(of: name) == own { return name }
    }
    return stem
  }

  private func longestStem(of name: String) -> Int? {
    stems.indices.filter { name.hasPrefix(stems[$0]) }.max {
      stems[$0].utf8.count < stems[$1].utf8.count
    }
  }
}
