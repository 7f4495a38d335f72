import NetworkTypes
import PacketSpace

/// Single statements, as steps of a rule.
extension RulesetInterpreter {
  // MARK: Matches

  func add(
    match statement: Statement, to steps: inout RuleSteps, in frame: Frame
  ) throws(RulesetMeaningError) {
    switch statement {
    case .compare(let field, let comparison, let value):
      try check(field, steps.known, in: frame)
      steps.add(field.dimension, try values(of: field, comparison, value, in: frame))
    case .compareAny(let field, let isNegated, let list):
      if field == .ipv6HopLimit || field == .time || field.dataType == .interfaceName {
        throw frame.fault(.unusableField(field))
      }
      try check(field, steps.known, in: frame)
      if list.isEmpty || Set(list).count < list.count { throw frame.fault(.badAnonymousSet) }
      var ranges: [ValueRange] = []
      for value in list {
        try check(value, of: field, in: frame)
        field.appendValues(
          lower: UInt128(value), upper: UInt128(value), prefixLength: nil, to: &ranges)
      }
      steps.add(field.dimension, values(ranges, of: field, isNegated: isNegated))
    case .comparePrefix(let field, let isNegated, let prefix):
      try check(field, steps.known, in: frame)
      guard let range = prefix.range(of: field) else { throw frame.fault(.valueOutOfRange) }
      steps.add(field.dimension, values([range], of: field, isNegated: isNegated))
    case .compareInterface(let field, let isNegated, let name, let isWildcard):
      if field.dataType != .interfaceName { throw frame.fault(.unusableField(field)) }
      if !interfaces.tellsApart(name, isWildcard: isWildcard) {
        throw frame.fault(.unknownInterface(isWildcard ? name + "*" : name))
      }
      if field == .outputInterface, !frame.context.knowsOutputInterface {
        // The empty name: no name or pattern matches it.
        if !isNegated { steps.add(field.dimension, .narrow(IntervalSet())) }
        return
      }
      let set = ValueSet.narrow(interfaces.classes(matching: name, isWildcard: isWildcard))
      steps.add(field.dimension, isNegated ? set.others(upTo: field.largestPresent) : set)
    case .ctState(let states):
      if states.isEmpty { throw frame.fault(.badAnonymousSet) }
      if !frame.context.knowsConnection { throw frame.fault(.notAtThisHook) }
      steps.add(.state, .narrow(stateValues(states)))
    case .reversePath(let isMissing):
      if !frame.context.knowsReversePath { throw frame.fault(.notAtThisHook) }
      steps.add(.reversePath, .narrow(IntervalSet(isMissing ? 1 : 0)))
    case .lookup, .verdictMap, .ctStateMap, .counter, .counterMap, .limit, .log, .dynamicSet,
      .setHelper, .reject, .verdict:
      throw frame.fault(.badRuleShape)
    }
  }

  /// Refuses to read a field of packets that may have something else in its place.
  func check(
    _ field: Field, _ known: Knowledge, in frame: Frame
  ) throws(RulesetMeaningError) {
    if !known.establishes(field) { throw frame.fault(.fieldNotEstablished(field)) }
    if field.isOfConnection, !frame.context.knowsConnection { throw frame.fault(.notAtThisHook) }
  }

  private func check(
    _ value: UInt64, of field: Field, in frame: Frame
  ) throws(RulesetMeaningError) {
    if UInt128(value) > field.dataType.largest { throw frame.fault(.valueOutOfRange) }
  }

  private func values(
    _ ranges: [ValueRange], of field: Field, isNegated: Bool
  ) -> ValueSet {
    let set = ValueSet(ranges, in: field.dimension)
    return isNegated ? set.others(upTo: field.largestPresent) : set
  }

  private func values(
    of field: Field, _ comparison: Comparison, _ value: UInt64, in frame: Frame
  ) throws(RulesetMeaningError) -> ValueSet {
    switch field {
    case .inputInterface, .outputInterface: throw frame.fault(.unusableField(field))
    case .time:
      // The kernel compares nanoseconds: only whole seconds are told apart.
      switch comparison {
      case .equal, .notEqual: throw frame.fault(.unusableField(field))
      case .less, .greaterOrEqual: break
      }
    case .ipv6HopLimit:
      // All that is known is whether it is 255.
      guard value == 255 else { throw frame.fault(.unusableField(field)) }
      switch comparison {
      case .equal, .greaterOrEqual: return .narrow(IntervalSet(1))
      case .notEqual, .less: return .narrow(IntervalSet(0))
      }
    default: try check(value, of: field, in: frame)
    }
    var ranges: [ValueRange] = []
    let value = UInt128(value)
    switch comparison {
    case .equal, .notEqual:
      field.appendValues(lower: value, upper: value, prefixLength: nil, to: &ranges)
    case .less:
      if value > 0 {
        field.appendValues(lower: 0, upper: value - 1, prefixLength: nil, to: &ranges)
      }
    case .greaterOrEqual:
      let largest = field == .time ? .max : field.dataType.largest
      field.appendValues(lower: value, upper: largest, prefixLength: nil, to: &ranges)
    }
    return values(ranges, of: field, isNegated: comparison == .notEqual)
  }

  // MARK: Effects

  func add(
    limiterAt place: LimiterPlace, isOver: Bool, to steps: inout RuleSteps, in frame: Frame
  ) throws(RulesetMeaningError) {
    guard let number = limiter(place), number >= 0, number < Dimension.maximumLimiters else {
      throw frame.fault(.unknownLimiter)
    }
    let passing = isOver ? LimiterValue.over : .room
    steps.add(.limiter(number, passing: IntervalSet(passing.rawValue)))
  }

  func add(
    dynamic name: String, _ key: Key, _ element: ElementStatement, to steps: inout RuleSteps,
    in frame: Frame
  ) throws(RulesetMeaningError) {
    let set = try self.set(name, for: key, kind: .set, in: frame)
    if !set.isDynamic || set.isInterval || !set.elements.isEmpty {
      throw frame.fault(.wrongSetKind(name))
    }
    for part in key.parts { try check(part.field, steps.known, in: frame) }
    addPresence(of: key, to: &steps)
    // A set that is full says `full`, which passes neither way.
    switch element {
    case .limit(let limit):
      try add(limiterAt: .set(name), isOver: limit.isOver, to: &steps, in: frame)
    case .connectionCount:
      if !frame.context.knowsConnection { throw frame.fault(.notAtThisHook) }
      try add(limiterAt: .set(name), isOver: false, to: &steps, in: frame)
    case .counter:
      guard key.parts.count == 1, let part = key.parts.first, let side = part.field.addressSide
      else { throw frame.fault(.keyMismatch(name)) }
      let length = part.prefixLength ?? part.field.dataType.length * 8
      let place = RecordPlace(set: name, side, prefixLength: length)
      steps.add(.effect(.record(record(place)), only: [:]))
    }
  }

  /// The kernel attaches a helper to connections of its own transport only.
  func add(
    helper name: String, to steps: inout RuleSteps, in frame: Frame
  ) throws(RulesetMeaningError) {
    guard let helper = index.helper(name) else { throw frame.fault(.missingObject(name)) }
    if !frame.context.knowsConnection { throw frame.fault(.notAtThisHook) }
    let transport = IntervalSet(UInt32(helper.transport.rawValue))
    let isSure = steps.known.isOnly(helper.transport.rawValue)
    steps.add(
      .effect(
        .helper(type: helper.type, transport: helper.transport.rawValue),
        only: isSure ? [:] : [.ipProtocol: .narrow(transport)]))
  }

  func meaning(
    of reject: Reject, _ known: Knowledge, in frame: Frame
  ) throws(RulesetMeaningError) -> Diagram {
    switch reject {
    case .tcpReset:
      if !known.isOnly(IPProtocol.tcp.number) { throw frame.fault(.resetWithoutTCP) }
      return flows.diagram(of: Flow(.verdict(.tcpReset)))
    case .adminProhibited: return flows.diagram(of: Flow(.verdict(.icmpReject)))
    }
  }

  // MARK: The state of a connection

  func add(
    _ entries: [ConntrackStateVerdict], to steps: inout RuleSteps, in frame: inout Frame
  ) throws(RulesetMeaningError) {
    if entries.isEmpty || Set(entries.map(\.state)).count < entries.count {
      throw frame.fault(.badAnonymousSet)
    }
    if !frame.context.knowsConnection { throw frame.fault(.notAtThisHook) }
    var parts: [(part: Diagram, weight: Int)] = []
    for entry in entries {
      let answer = try meaning(of: entry.verdict, in: &frame)
      let values = ValueSet.narrow(stateValues([entry.state]))
      let part = try frame.inSpace { () throws(PacketSpaceError) in
        try restricted(answer, to: [.state: values], otherwise: Flows.nowhere)
      }
      parts.append((part, weight(of: answer)))
    }
    let map = try frame.inSpace { () throws(PacketSpaceError) in
      try folded(parts, empty: Flows.nowhere) { (a, b) throws(PacketSpaceError) in
        try filled(a, with: b)
      }
    }
    steps.add(.answer(map))
  }

  private func stateValues(_ states: Set<ConntrackState>) -> IntervalSet<UInt32> {
    IntervalSet(states.map { .init($0.dimensionValue, $0.dimensionValue) })
  }
}

extension ConntrackState {
  /// The value of `Dimension.state` whose bit this is.
  var dimensionValue: UInt32 {
    switch self {
    case .new: StateValue.new.rawValue
    case .established: StateValue.established.rawValue
    case .related: StateValue.related.rawValue
    case .invalid: StateValue.invalid.rawValue
    case .untracked: StateValue.untracked.rawValue
    }
  }
}

extension AddressPrefix {
  /// The addresses of a prefix; nil where it is none of the field's family, or has host bits.
  func range(of field: Field) -> ValueRange? {
    let width = field.dataType == .ipv4Address ? 32 : 128
    let base: UInt128
    let length: Int
    switch (self, field.dataType) {
    case (.ipv4(let address, let prefix), .ipv4Address):
      (base, length) = (UInt128(address.bits), prefix)
    case (.ipv6(let address, let prefix), .ipv6Address): (base, length) = (address.bits, prefix)
    default: return nil
    }
    guard (0...width).contains(length) else { return nil }
    let all = width == 32 ? UInt128(UInt32.max) : .max
    let hosts = length == 0 ? all : (UInt128(1) << UInt128(width - length)) - 1
    return base & hosts == 0 ? ValueRange(base, base | hosts) : nil
  }
}
