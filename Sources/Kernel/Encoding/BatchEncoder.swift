import CNetfilter
import Nftables

/// A table as the bytes of one netlink batch.
///
/// The order is nft's own: the replacement, then chains (a map's elements may jump to them), objects,
/// sets each with its elements, rules each after its anonymous sets.
struct BatchEncoder {
  var buffer = MessageBuffer()
  var sequence: UInt32 = 0
  var lastMessage: MessageBuffer.Mark?
  private var setCount: UInt32 = 0
  /// Of what is being encoded.
  var origin: Origin
  /// Of the message with a sequence number; nil for the batch's own.
  private(set) var origins: [Origin?] = []

  var bytes: [UInt8] { buffer.bytes }

  /// An empty batch.
  init(origin: Origin) { self.origin = origin }

  /// Encodes the whole batch; without its end where the kernel must only check it.
  ///
  /// The message before the end asks for an acknowledgement: its arrival says that the kernel went
  /// through all of them.
  init(
    replacing table: Table, filled: [SetChange] = [], expectedGeneration: UInt32?, dryRun: Bool
  ) throws(NetlinkError) {
    origin = table.origin
    do throws(Unencodable) {
      try begin(expectedGeneration: expectedGeneration)
      try add(NftnlTable.make(name: table.name, comment: nil), by: .newTable)
      try add(NftnlTable.make(name: table.name), by: .deleteTable)
      try add(NftnlTable.make(name: table.name, comment: table.comment), by: .newTable)
      try encode(table, filled: filled, dryRun: dryRun)
    } catch {
      throw error.error(at: origin)
    }
  }

  /// Encodes the batch that makes the present table this one without deleting it.
  init(
    updating table: Table, by update: TableUpdate, filled: [SetChange] = [],
    expectedGeneration: UInt32, dryRun: Bool
  ) throws(NetlinkError) {
    origin = table.origin
    do throws(Unencodable) {
      try begin(expectedGeneration: expectedGeneration)
      try remove(update, from: table.name)
      try encode(table, keeping: update, filled: filled, dryRun: dryRun)
    } catch {
      throw error.error(at: origin)
    }
  }

  /// Removes what goes: all rules, then what nothing but rules and each other hold.
  ///
  /// Elements of maps hold chains and counters, so sets go before both.
  private mutating func remove(_ update: TableUpdate, from table: String) throws(Unencodable) {
    try name(.deleteRule, [1: table])
    for set in update.removedSets { try name(.deleteSet, [1: table, 2: set]) }
    for chain in update.removedChains { try name(.deleteChain, [1: table, 3: chain]) }
    for object in update.removedObjects {
      try name(.deleteObject, [1: table, 2: object.name], type: object.type)
    }
  }

  /// Appends a message that names a thing; the type is an object's, NFTA_OBJ_TYPE.
  private mutating func name(
    _ message: MessageHeader.Message, _ names: KeyValuePairs<UInt16, String>, type: UInt32? = nil
  ) throws(Unencodable) {
    let mark = try buffer.message(MessageHeader(message, sequence: sequence))
    for (attribute, name) in names { buffer.attribute(attribute, name) }
    if let type { buffer.attribute(3, type) }
    buffer.endMessage(mark)
    count(mark)
  }

  private mutating func encode(
    _ table: Table, keeping update: TableUpdate? = nil, filled: [SetChange], dryRun: Bool
  ) throws(Unencodable) {
    for chain in table.chains where update?.keptChains.contains(chain.name) != true {
      origin = chain.origin
      try add(NftnlChain.make(chain, table: table.name), by: .newChain)
    }
    for object in table.objects where update?.keeps(object) != true {
      origin = object.origin
      try add(NftnlStatefulObject.make(object, table: table.name), by: .newObject)
    }
    var references: [String: SetReference] = [:]
    for set in table.sets {
      origin = set.origin
      setCount += 1
      // The kernel looks a set up by its name first, so a kept one is found whatever its number.
      references[set.name] = SetReference(identifier: setCount, isInterval: set.isInterval)
      if update?.keptSets.contains(set.name) != true { try declare(set, in: table) }
    }
    for change in filled {
      origin = change.set.origin
      try elements(of: change)
    }
    for chain in table.chains {
      for rule in chain.rules {
        origin = rule.origin
        try append(rule, to: chain, in: table, sets: references)
      }
    }
    origin = table.origin
    if let lastMessage { buffer.addFlags(MessageHeader.acknowledge, to: lastMessage) }
    if !dryRun { try end() }
    guard !buffer.overflowed else {
      throw Unencodable(reason: "a part of table `\(table.name)` is too long for netlink")
    }
  }

  // MARK: - Sets

  private mutating func declare(_ set: NamedSet, in table: Table) throws(Unencodable) {
    var writer = try declare(NftnlSet.make(set, identifier: setCount, table: table.name))
    switch set.elements {
    case .none: break
    case .ipv4(let intervals):
      guard set.key == [.ipv4Address], set.kind == .set else {
        throw Unencodable(reason: "set `\(set.name)` is not of IPv4 addresses")
      }
      if set.isInterval {
        try writer.intervals(intervals, into: &buffer)
      } else {
        try writer.addresses(intervals, of: set.name, into: &buffer)
      }
    case .ipv6(let intervals):
      guard set.key == [.ipv6Address], set.kind == .set else {
        throw Unencodable(reason: "set `\(set.name)` is not of IPv6 addresses")
      }
      if set.isInterval {
        try writer.intervals(intervals, into: &buffer)
      } else {
        try writer.addresses(intervals, of: set.name, into: &buffer)
      }
    case .tuples(let elements): try writer.tuples(elements, of: set, into: &buffer)
    }
    for message in writer.messages { count(message) }
  }

  /// Declares a set; the writer's messages are to be counted when it has written them.
  private mutating func declare(_ set: consuming NftnlSet) throws(Unencodable) -> ElementWriter {
    try add(set, by: .newSet)
    return ElementWriter(set, header: MessageHeader(.newSetElement, sequence: sequence))
  }

  // MARK: - Rules

  private mutating func append(
    _ rule: Rule, to chain: Chain, in table: Table, sets: [String: SetReference]
  ) throws(Unencodable) {
    var expressions = ExpressionWriter(
      rule: try NftnlRule.make(table: table.name, chain: chain.name, comment: rule.comment))
    var index = 0
    while index < rule.statements.count {
      let statement = rule.statements[index]
      if index + 1 < rule.statements.count,
        try expressions.merged(statement, rule.statements[index + 1])
      {
        index += 2
        continue
      }
      let anonymous = try declareAnonymousSet(of: statement, in: table)
      try expressions.statement(statement, anonymous: anonymous, sets: sets)
      index += 1
    }
    try add(expressions.rule, by: .newRule)
  }

  /// The set that a statement brings with it, declared and filled; nil for one that brings none.
  private mutating func declareAnonymousSet(of statement: Statement, in table: Table)
    throws(Unencodable) -> UInt32?
  {
    switch statement {
    case .compareAny(let field, _, let values):
      setCount += 1
      var writer = try declare(
        NftnlSet.make(
          anonymous: field, identifier: setCount, count: values.count, table: table.name))
      for value in values {
        try writer.element(key: ExpressionWriter.bytes(of: value, field: field), into: &buffer)
        writer.boundary(&buffer)
      }
      writer.close(&buffer)
      for message in writer.messages { count(message) }
      return setCount
    case .ctStateMap(let entries):
      setCount += 1
      var writer = try declare(
        NftnlSet.make(conntrackStates: setCount, count: entries.count, table: table.name))
      for entry in entries {
        try writer.element(
          key: entry.state.rawValue.hostBytes, verdict: entry.verdict, into: &buffer)
      }
      writer.close(&buffer)
      for message in writer.messages { count(message) }
      return setCount
    default:
      return nil
    }
  }

  // MARK: - Messages

  /// Appends the message about an object.
  private mutating func add<Kind>(
    _ object: borrowing NftnlOwner<Kind>, by message: MessageHeader.Message
  ) throws(Unencodable) {
    count(try object.append(MessageHeader(message, sequence: sequence), to: &buffer))
  }

  /// Counts a message that was appended.
  mutating func count(_ message: MessageBuffer.Mark) {
    lastMessage = message
    sequence += 1
    origins.append(origin)
  }

  mutating func begin(expectedGeneration: UInt32?) throws(Unencodable) {
    let number = sequence
    _ = try buffer.message(atMost: 28) { start in
      let message = nftnl_batch_begin(start, number)
      if let expectedGeneration {
        mnl_attr_put_u32(message, UInt16(NFNL_BATCH_GENID.rawValue), expectedGeneration.bigEndian)
      }
      return message
    }
    sequence += 1
    origins.append(nil)
  }

  /// Has a batch that began with a generation expect another one.
  mutating func expect(_ generation: UInt32) {
    // After the message's header, `struct nfgenmsg` and the attribute's.
    buffer.replaceNumber(generation, at: 24)
  }

  mutating func end() throws(Unencodable) {
    let number = sequence
    _ = try buffer.message(atMost: 20) { nftnl_batch_end($0, number) }
    sequence += 1
    origins.append(nil)
  }
}
