/// What a table breaks of the rules that nft and the kernel hold it to; empty when it may be emitted.
///
/// All problems at once, in the order objects, sets, chains. O(n log n) in elements that lie apart.
/// A net for our own mistakes: a policy cannot cause any of these.
package func validate(_ table: Table) -> [TableProblem] {
  var validator = TableValidator(table)
  validator.run()
  return validator.problems
}

/// One broken rule, at the object that breaks it.
package struct TableProblem: Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// Not a letter or `_` followed by letters, digits, `_`, `-`, `.`; or over 255 bytes.
    case illegalName
    /// Another object of the same kind has the name; sets and maps share one space.
    case duplicateName
    /// Over 128 bytes, or holding a quote, a backslash or a control character.
    case unsafeComment
    /// The same for a log prefix: over 127 bytes, or with `$` too.
    case unsafeLogPrefix
    case unknownChain(String)
    case unknownSet(String)
    case unknownCounter(String)
    case unknownHelper(String)
    /// A jump or goto to a chain that the kernel enters itself.
    case jumpToBaseChain(String)
    /// Chains that reach each other.
    case jumpCycle
    /// More than 16 chains on the way from a base chain; goto counts.
    case nestingTooDeep(Int)
    /// A chain where a set must stand, or a plain set where a map must, and the reverse.
    case wrongSetKind(String)
    /// The fields of the look-up are not of the types of the set.
    case keyMismatch(String)
    /// Over 64 bytes, each type padded to four.
    case keyTooLong(Int)
    /// No type at all, or more than the five that nft's type number has room for.
    case keyFieldCount(Int)
    /// A type or field that cannot stand in a key or with this statement.
    case unusableField
    /// A prefix length beyond the address, or host bits set, or of a field that is no address.
    case badPrefix
    /// Not 1 to 15 bytes without space, slash, quote, `*` or control characters.
    case illegalInterface(String)
    /// An element without the set's fields, with a range where there is none, or beyond its type.
    case badElement(Int)
    case overlappingElements
    /// A map without elements: every look-up would miss.
    case emptyMap
    /// More elements than `size`.
    case tooManyElements
    /// Elements given to a set that the packet path or the administrator fills, or a statement that
    /// fills another kind.
    case notDynamic(String)
    /// `ct count` in a set with a timeout: the kernel answers EOPNOTSUPP.
    case countWithTimeout(String)
    /// An anonymous set with under two values, or not sorted and unique.
    case badAnonymousSet
    /// `ct state` without a state, or one twice in a map.
    case badConntrackStates
    /// A rate of zero, or a unit that is none of nft's.
    case badLimit
    /// A value that its field cannot hold.
    case valueOutOfRange
    /// `ct original proto-dst` with no single protocol matched before it in the rule, or in a
    /// concatenation: nft cannot tell its type.
    case protocolUnknown
    /// Statements after a verdict or reject, or a rule without any.
    case badRuleShape
  }

  package var kind: Kind
  /// The name of the table, object, set or chain.
  package var name: String
  /// The place of the rule in its chain.
  package var rule: Int?
  package var origin: Origin

  package init(_ kind: Kind, name: String, rule: Int? = nil, origin: Origin) {
    self.kind = kind
    self.name = name
    self.rule = rule
    self.origin = origin
  }

  package var description: String {
    "\(name)\(rule.map { " rule \($0)" } ?? ""): \(kind)"
  }
}

/// The state of one validation: the names of the table and the problems so far.
struct TableValidator {
  let table: Table
  let sets: [String: NamedSet]
  let chains: [String: Int]
  /// Filled while the objects are gone through.
  private(set) var counters: Set<String> = []
  private(set) var helpers: Set<String> = []
  var problems: [TableProblem] = []

  init(_ table: Table) {
    self.table = table
    // A duplicate is a problem of its own; the first one stands for the name.
    sets = Dictionary(table.sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    chains = Dictionary(
      table.chains.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func run() {
    check(name: table.name, comment: table.comment, origin: table.origin)
    counters.reserveCapacity(table.objects.count)
    for object in table.objects {
      check(name: object.name, comment: object.comment, origin: object.origin)
      let isNew =
        object.kind == .counter
        ? counters.insert(object.name).inserted : helpers.insert(object.name).inserted
      if !isNew { report(.duplicateName, object.name, object.origin) }
      if case .ctHelper(let type, _) = object.kind {
        // NF_CT_HELPER_NAME_LEN, linux/netfilter/nf_conntrack_helper.h, without its end.
        if type.isEmpty || type.utf8.count > 15 || safeComment(type) != type {
          report(.illegalName, object.name, object.origin)
        }
      }
    }
    var seen: Set<String> = []
    for set in table.sets {
      check(name: set.name, comment: set.comment, origin: set.origin)
      if !seen.insert(set.name).inserted { report(.duplicateName, set.name, set.origin) }
      check(set)
    }
    seen = []
    for chain in table.chains {
      check(name: chain.name, comment: chain.comment, origin: chain.origin)
      if !seen.insert(chain.name).inserted { report(.duplicateName, chain.name, chain.origin) }
      for (index, rule) in chain.rules.enumerated() { check(rule, index, in: chain) }
    }
    checkNesting()
  }

  mutating func report(
    _ kind: TableProblem.Kind, _ name: String, _ origin: Origin, rule: Int? = nil
  ) {
    problems.append(TableProblem(kind, name: name, rule: rule, origin: origin))
  }

  private mutating func check(name: String, comment: String?, origin: Origin) {
    if !isLegalName(name) { report(.illegalName, name, origin) }
    if let comment, !isSafeComment(comment) { report(.unsafeComment, name, origin) }
  }

  func isLegalInterface(_ name: String, isWildcard: Bool) -> Bool {
    // IFNAMSIZ, linux/if.h, counts the end; a wildcard needs room for its `*`.
    let bytes = name.utf8
    guard !bytes.isEmpty, bytes.count <= (isWildcard ? 14 : 15), name != ".", name != ".." else {
      return false
    }
    return bytes.allSatisfy { byte in
      switch byte {
      case 0...0x20, 0x7F..., UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "\\"),
        UInt8(ascii: "*"), UInt8(ascii: ":"):
        false
      default: true
      }
    }
  }

  // MARK: - Chains that reach chains

  private mutating func checkNesting() {
    var targets = [Set<Int>](repeating: [], count: table.chains.count)
    for (index, chain) in table.chains.enumerated() {
      for name in chainTargets(of: chain) {
        guard let target = chains[name] else { continue }
        targets[index].insert(target)
      }
    }
    // Kahn's order, so that depth of the call stack never depends on the table.
    var incoming = [Int](repeating: 0, count: targets.count)
    for set in targets { for target in set { incoming[target] += 1 } }
    var ready = incoming.indices.filter { incoming[$0] == 0 }
    var depth = table.chains.map { $0.base == nil ? 0 : 1 }
    var done = 0
    while let chain = ready.popLast() {
      done += 1
      for target in targets[chain] {
        // Zero: not reached from a base chain, so the kernel does not count it.
        if depth[chain] > 0 { depth[target] = max(depth[target], depth[chain] + 1) }
        incoming[target] -= 1
        if incoming[target] == 0 { ready.append(target) }
      }
    }
    if done < targets.count {
      for (index, chain) in table.chains.enumerated() where incoming[index] > 0 {
        report(.jumpCycle, chain.name, chain.origin)
      }
      return
    }
    for (index, chain) in table.chains.enumerated() where depth[index] > 16 {
      report(.nestingTooDeep(depth[index]), chain.name, chain.origin)
    }
  }

  private func chainTargets(of chain: Chain) -> Set<String> {
    var result: Set<String> = []
    for rule in chain.rules {
      for statement in rule.statements {
        switch statement {
        case .verdict(let verdict):
          if let target = verdict.target { result.insert(target) }
        case .ctStateMap(let entries):
          for entry in entries { if let target = entry.verdict.target { result.insert(target) } }
        case .verdictMap(_, let map):
          guard case .tuples(let elements) = sets[map]?.elements else { continue }
          for element in elements {
            if let target = element.verdict?.target { result.insert(target) }
          }
        default: continue
        }
      }
    }
    return result
  }
}

extension Verdict {
  /// The chain that a jump or goto names.
  var target: String? {
    switch self {
    case .accept, .drop, .return: nil
    case .jump(let chain), .goto(let chain): chain
    }
  }
}
