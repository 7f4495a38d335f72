import NetworkTypes

extension TableValidator {
  mutating func check(_ rule: Rule, _ index: Int, in chain: Chain) {
    func problem(_ kind: TableProblem.Kind) -> TableProblem {
      TableProblem(kind, name: chain.name, rule: index, origin: rule.origin)
    }
    if let comment = rule.comment, safeComment(comment) != comment {
      problems.append(problem(.unsafeComment))
    }
    if rule.statements.isEmpty
      || rule.statements.dropLast().contains(where: { $0.endsRule })
    {
      problems.append(problem(.badRuleShape))
    }
    var hasProtocol = false
    for statement in rule.statements {
      for kind in faults(of: statement) { problems.append(problem(kind)) }
      if statement.usesOriginalPort, !hasProtocol { problems.append(problem(.protocolUnknown)) }
      if case .compare(.l4Proto, .equal, _) = statement { hasProtocol = true }
      for target in statement.targets {
        check(target: target, name: chain.name, origin: rule.origin, rule: index)
      }
    }
  }

  mutating func check(target: String, name: String, origin: Origin, rule: Int?) {
    guard let place = chains[target] else {
      report(.unknownChain(target), name, origin, rule: rule)
      return
    }
    if table.chains[place].base != nil {
      report(.jumpToBaseChain(target), name, origin, rule: rule)
    }
  }

  private func faults(of statement: Statement) -> [TableProblem.Kind] {
    switch statement {
    case .compare(let field, _, let value):
      if field.dataType == .interfaceName { return [.unusableField] }
      return UInt128(value) > field.largestCompared ? [.valueOutOfRange] : []
    case .comparePrefix(let field, _, let prefix):
      return prefix.isSound(for: field) ? [] : [.badPrefix]
    case .compareInterface(let field, _, let name, let isWildcard):
      if field.dataType != .interfaceName { return [.unusableField] }
      return isLegalInterface(name, isWildcard: isWildcard) ? [] : [.illegalInterface(name)]
    case .compareAny(let field, _, let values):
      if field.dataType == .interfaceName || field == .time { return [.unusableField] }
      var result: [TableProblem.Kind] = []
      if values.count < 2 || zip(values, values.dropFirst()).contains(where: { $0 >= $1 }) {
        result.append(.badAnonymousSet)
      }
      if values.contains(where: { UInt128($0) > field.largestCompared }) {
        result.append(.valueOutOfRange)
      }
      return result
    case .ctState(let states): return states.isEmpty ? [.badConntrackStates] : []
    case .ctStateMap(let entries):
      let isSound = !entries.isEmpty && Set(entries.map(\.state)).count == entries.count
      return isSound ? [] : [.badConntrackStates]
    case .lookup(let key, _, let set): return faults(of: key, in: set, kind: .set)
    case .verdictMap(let key, let map): return faults(of: key, in: map, kind: .verdictMap)
    case .reversePath, .reject, .verdict: return []
    case .counter(let name): return counters.contains(name) ? [] : [.unknownCounter(name)]
    case .counterMap(let key, let map): return faults(of: key, in: map, kind: .counterMap)
    case .setHelper(let name): return helpers.contains(name) ? [] : [.unknownHelper(name)]
    case .limit(let limit): return limit.isSound ? [] : [.badLimit]
    case .log(let prefix, _): return safeLogPrefix(prefix) == prefix ? [] : [.unsafeLogPrefix]
    case .dynamicSet(_, let key, let name, let element):
      var result = faults(of: key, in: name, kind: .set)
      if let set = sets[name] {
        if !set.isDynamic || set.isInterval { result.append(.notDynamic(name)) }
        if case .connectionCount = element, set.timeoutSeconds != nil {
          result.append(.countWithTimeout(name))
        }
      }
      if case .limit(let limit) = element, !limit.isSound { result.append(.badLimit) }
      return result
    }
  }

  private func faults(of key: Key, in name: String, kind: NamedSet.Kind) -> [TableProblem.Kind] {
    guard let set = sets[name] else { return [.unknownSet(name)] }
    var result: [TableProblem.Kind] = []
    if set.kind != kind { result.append(.wrongSetKind(name)) }
    if set.key != key.parts.map(\.field.dataType) { result.append(.keyMismatch(name)) }
    for part in key.parts {
      if part.field == .time || part.field == .ipv6HopLimit { result.append(.unusableField) }
      if part.field == .originalDestinationPort, key.parts.count > 1 {
        result.append(.protocolUnknown)
      }
      guard let length = part.prefixLength else { continue }
      switch part.field.dataType {
      case .ipv4Address where (0...32).contains(length): continue
      case .ipv6Address where (0...128).contains(length): continue
      default: result.append(.badPrefix)
      }
    }
    return result
  }
}

extension Statement {
  /// Whether nothing after it in a rule is ever reached.
  fileprivate var endsRule: Bool {
    switch self {
    case .verdict, .reject: true
    default: false
    }
  }

  fileprivate var targets: [String] {
    switch self {
    case .verdict(let verdict): verdict.target.map { [$0] } ?? []
    case .ctStateMap(let entries): entries.compactMap(\.verdict.target)
    default: []
    }
  }

  /// Whether nft has to know the protocol to know the type of a value here.
  fileprivate var usesOriginalPort: Bool {
    switch self {
    case .compare(let field, _, _), .compareAny(let field, _, _):
      field == .originalDestinationPort
    case .lookup(let key, _, _), .verdictMap(let key, _), .counterMap(let key, _),
      .dynamicSet(_, let key, _, _):
      key.parts.contains { $0.field == .originalDestinationPort }
    default: false
    }
  }
}

extension Field {
  fileprivate var largestCompared: UInt128 {
    switch self {
    // Nanoseconds in 64 bits for the kernel, seconds here.
    case .time: UInt128(UInt64.max / 1_000_000_000)
    case .ipv6HopLimit: 255
    default: dataType.largest
    }
  }
}

extension AddressPrefix {
  fileprivate func isSound(for field: Field) -> Bool {
    switch self {
    case .ipv4(let address, let length):
      field.dataType == .ipv4Address && (0...32).contains(length)
        && Prefix<UInt32>(holding: address.bits, length: length).base == address.bits
    case .ipv6(let address, let length):
      field.dataType == .ipv6Address && (0...128).contains(length)
        && Prefix<UInt128>(holding: address.bits, length: length).base == address.bits
    }
  }
}

extension RateLimit {
  fileprivate var isSound: Bool {
    rate > 0 && [1, 60, 3600, 86400].contains(unitSeconds)
  }
}
