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
  private let classOfExact: [String: UInt32]
  private let classOfStem: [String: UInt32]

  /// The class of the empty name.
  package static let none: UInt32 = 0
  /// The class of the names that nothing else speaks of.
  package static let other: UInt32 = 1

  /// Bytes of the longest name that Linux gives an interface (IFNAMSIZ less its zero).
  private static let longestName = 15

  package init(exact: some Sequence<String>, stems: some Sequence<String>) {
    self.exact = Set(exact).union(["lo"]).subtracting([""]).sorted()
    self.stems = Set(stems).sorted()
    var classOfExact: [String: UInt32] = [:]
    for (index, name) in self.exact.enumerated() { classOfExact[name] = UInt32(2 + index) }
    self.classOfExact = classOfExact
    var classOfStem: [String: UInt32] = [:]
    for (index, stem) in self.stems.enumerated() {
      classOfStem[stem] = UInt32(2 + self.exact.count + index)
    }
    self.classOfStem = classOfStem
  }

  package var count: Int { 2 + exact.count + stems.count }

  /// The class of a name.
  ///
  /// O(length of the name).
  package func classOf(_ name: String) -> UInt32 {
    if name.isEmpty { return Self.none }
    return classOfExact[name] ?? classOfStems(name)
  }

  /// The class of a name that is not one of the exact ones: its longest stem's.
  private func classOfStems(_ name: String) -> UInt32 {
    var prefix = Substring(name)
    while true {
      if let stem = classOfStem[String(prefix)] { return stem }
      if prefix.isEmpty { return Self.other }
      prefix.unicodeScalars.removeLast()
    }
  }

  /// Whether a name, or a pattern `stem*`, is one that this value was made of.
  ///
  /// O(classes).
  package func tellsApart(_ stem: String, isWildcard: Bool) -> Bool {
    isWildcard ? stems.contains(stem) : exact.contains(stem)
  }

  /// The classes of the names that a name or a pattern `stem*` matches.
  ///
  /// The name or the stem must be one of those that this value was made of. O(log classes) and what
  /// is found.
  package func classes(matching stem: String, isWildcard: Bool) -> IntervalSet<UInt32> {
    if !isWildcard { return IntervalSet(classOf(stem)) }
    // Every name that something else speaks of, or nothing.
    if stem.isEmpty { return named }
    return IntervalSet(
      [
        Self.run(of: stem, in: exact, from: 2),
        Self.run(of: stem, in: stems, from: 2 + UInt32(exact.count)),
      ].compactMap { $0 })
  }

  /// The numbers of the sorted names that begin with a stem: they are neighbours.
  private static func run(
    of stem: String, in names: [String], from first: UInt32
  ) -> IntervalSet<UInt32>.Interval? {
    var low = 0
    var high = names.count
    while low < high {
      let middle = (low + high) / 2
      if names[middle] < stem { low = middle + 1 } else { high = middle }
    }
    let end = names[low...].firstIndex { !$0.hasPrefix(stem) } ?? names.count
    return low < end ? .init(first + UInt32(low), first + UInt32(end - 1)) : nil
  }

  /// Every class but the empty name's.
  package var named: IntervalSet<UInt32> {
    IntervalSet(canonical: [.init(Self.other, UInt32(count - 1))])
  }

  /// A name of the class that belongs to no other, of at most 15 bytes.
  ///
  /// A class that has no such name (of a stem of 15 bytes that is an exact name too, say) and a
  /// number that is no class have a longer name.
  package func name(of interfaceClass: UInt32) -> String {
    if interfaceClass == Self.none { return "" }
    let index = Int(interfaceClass) - 2
    if exact.indices.contains(index) { return exact[index] }
    if stems.indices.contains(index - exact.count) {
      let stem = stems[index - exact.count]
      return freshName(interfaceClass, from: stem)
        ?? (classOf(stem) == interfaceClass ? stem : stem + "0")
    }
    return freshName(Self.other, from: "if") ?? freshName(Self.other, from: "") ?? "if0"
  }

  /// The shortest name of a class that begins with a stem; digits first.
  ///
  /// Looks at each length in turn and goes on only from names that no longer stem has taken, so
  /// every name that it looks at in vain is one that the policy speaks of.
  private func freshName(_ wanted: UInt32, from stem: String) -> String? {
    var starts = [stem]
    while let length = starts.first?.utf8.count, length < Self.longestName {
      var longer: [String] = []
      for start in starts {
        for character in Self.alphabet {
          let name = start + String(character)
          if classOf(name) == wanted { return name }
          // An exact name may have fresh ones behind it, another stem's names have not.
          if classOfStems(name) == wanted { longer.append(name) }
        }
      }
      starts = longer
    }
    return nil
  }

  private static let alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"
}

extension InterfaceClasses {
  /// The same with more names and patterns told apart.
  package func adding(exact: some Sequence<String>, stems: some Sequence<String>)
    -> InterfaceClasses
  {
    InterfaceClasses(exact: self.exact + Array(exact), stems: self.stems + Array(stems))
  }
}
