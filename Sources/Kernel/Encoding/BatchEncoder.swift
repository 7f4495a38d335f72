import Nftables

/// A table as the bytes of one netlink batch.
///
/// The order is nft's own: the replacement, then chains (a map's elements may jump to them), objects,
/// sets each with its elements, rules each after its anonymous sets.
struct BatchEncoder {
  private var buffer = MessageBuffer()
  private var sequence: UInt32 = 0
  private var lastMessage: MessageBuffer.Mark?
  private var setCount: UInt32 = 0
  /// Of the message with a sequence number; nil for the batch's own.
  private(set) var origins: [Origin?] = []

  var bytes: [UInt8] { buffer.bytes }

  /// NLM_F_* of linux/netlink.h.
  private enum Flag {
    static let request: UInt16 = 0x1
    static let acknowledge: UInt16 = 0x4
    static let create: UInt16 = 0x400
    static let append: UInt16 = 0x800
  }

  /// NFT_MSG_*, linux/netfilter/nf_tables.h.
  enum Message: UInt8 {
    case newTable = 0
    case getTable = 1
    case deleteTable = 2
    case newChain = 3
    case newRule = 6
    case newSet = 9
    case newSetElement = 12
    case getGeneration = 16
    case newObject = 18
    case getObject = 19

    /// NFNL_SUBSYS_NFTABLES in the high byte.
    var type: UInt16 { 10 << 8 | UInt16(rawValue) }
  }

  /// NFPROTO_INET, linux/netfilter.h.
  static let inet: UInt8 = 1

  /// Encodes the whole batch; without its end where the kernel must only check it.
  ///
  /// The message before the end asks for an acknowledgement: its arrival says that the kernel went
  /// through all of them.
  init(replacing table: Table, expectedGeneration: UInt32?, dryRun: Bool) throws(NetlinkError) {
    message(type: 16, family: 0, resource: 10) {  // NFNL_MSG_BATCH_BEGIN
      if let expectedGeneration { $0.attribute(1, expectedGeneration) }  // NFNL_BATCH_GENID
    }
    declareTable(table, comment: nil)
    message(.deleteTable, origin: table.origin) { $0.attribute(1, table.name) }
    declareTable(table, comment: table.comment)
    for chain in table.chains { declare(chain, in: table) }
    for object in table.objects { declare(object, in: table) }
    var references: [String: SetReference] = [:]
    for set in table.sets {
      setCount += 1
      references[set.name] = SetReference(identifier: setCount, isInterval: set.isInterval)
      try declare(set, identifier: setCount, in: table)
    }
    for chain in table.chains {
      for rule in chain.rules { try append(rule, to: chain, in: table, sets: references) }
    }
    if let lastMessage { buffer.addFlags(Flag.acknowledge, to: lastMessage) }
    if !dryRun { message(type: 17, family: 0, resource: 10) { _ in } }  // NFNL_MSG_BATCH_END
    if buffer.overflowed {
      throw .invalidTable("a part of table `\(table.name)` is too long for netlink", table.origin)
    }
  }

  // MARK: - Objects

  private mutating func declareTable(_ table: Table, comment: String?) {
    message(.newTable, origin: table.origin) {
      $0.attribute(1, table.name)
      $0.attribute(2, UInt32(0))
      if let note = UserData.comment(comment) { $0.attribute(6, bytes: note) }
    }
  }

  private mutating func declare(_ chain: Chain, in table: Table) {
    message(.newChain, flags: Flag.create, origin: chain.origin) {
      $0.attribute(1, table.name)
      $0.attribute(3, chain.name)
      if let base = chain.base {
        $0.attribute(7, "filter")
        $0.attribute(5, base.policy.rawValue)
        $0.nested(4) { hook in
          hook.attribute(1, base.hook.rawValue)
          hook.attribute(2, base.priority)
        }
      }
      if let note = UserData.comment(chain.comment) { $0.attribute(12, bytes: note) }
    }
  }

  private mutating func declare(_ object: Object, in table: Table) {
    message(.newObject, flags: Flag.create, origin: object.origin) {
      $0.attribute(1, table.name)
      $0.attribute(2, object.name)
      switch object.kind {
      case .counter: $0.attribute(3, UInt32(1))
      case .ctHelper: $0.attribute(3, UInt32(3))
      }
      if let note = UserData.comment(object.comment) { $0.attribute(8, bytes: note) }
      $0.nested(4) { data in
        switch object.kind {
        case .counter:
          data.attribute(1, object.startingCount?.bytes ?? 0)
          data.attribute(2, object.startingCount?.packets ?? 0)
        case .ctHelper(let type, let transport):
          data.attribute(1, unterminated: type)
          data.attribute(2, UInt16(Self.inet))
          data.attribute(3, transport.rawValue)
        }
      }
    }
  }

  // MARK: - Sets

  private mutating func declare(_ set: NamedSet, identifier: UInt32, in table: Table)
    throws(NetlinkError)
  {
    do throws(Unencodable) {
      declare(try SetDeclaration(set, identifier: identifier), origin: set.origin, in: table)
      var writer = elementWriter(set.name, identifier: identifier, in: table)
      let before = buffer.bytes.count
      let first = sequence
      switch set.elements {
      case .none: break
      case .ipv4(let intervals):
        guard set.key == [.ipv4Address], set.kind == .set else {
          throw Unencodable(reason: "set `\(set.name)` is not of IPv4 addresses")
        }
        if set.isInterval {
          writer.intervals(intervals, into: &buffer)
        } else {
          try writer.addresses(intervals, into: &buffer)
        }
      case .ipv6(let intervals):
        guard set.key == [.ipv6Address], set.kind == .set else {
          throw Unencodable(reason: "set `\(set.name)` is not of IPv6 addresses")
        }
        if set.isInterval {
          writer.intervals(intervals, into: &buffer)
        } else {
          try writer.addresses(intervals, into: &buffer)
        }
      case .tuples(let elements): try writer.tuples(elements, of: set, into: &buffer)
      }
      finishElements(since: before, firstSequence: first, origin: set.origin)
    } catch {
      throw .invalidTable(error.reason, set.origin)
    }
  }

  private mutating func declare(_ set: SetDeclaration, origin: Origin, in table: Table) {
    message(.newSet, flags: Flag.create, origin: origin) {
      set.encode(table: table.name, into: &$0)
    }
  }

  private func elementWriter(_ set: String, identifier: UInt32, in table: Table) -> ElementWriter {
    ElementWriter(table: table.name, set: set, identifier: identifier) { buffer in
      // The sequence number is filled in by `finishElements`, which sees how many there are.
      buffer.beginMessage(
        type: Message.newSetElement.type, flags: Flag.request | Flag.create, sequence: 0,
        family: Self.inet)
    }
  }

  /// Numbers the element messages written since an offset.
  private mutating func finishElements(since start: Int, firstSequence: UInt32, origin: Origin) {
    for mark in buffer.numberMessages(since: start, from: firstSequence) {
      lastMessage = mark
      sequence += 1
      origins.append(origin)
    }
  }

  // MARK: - Rules

  private mutating func append(
    _ rule: Rule, to chain: Chain, in table: Table, sets: [String: SetReference]
  ) throws(NetlinkError) {
    do throws(Unencodable) {
      var expressions = ExpressionWriter(buffer: MessageBuffer())
      var index = 0
      while index < rule.statements.count {
        let statement = rule.statements[index]
        if index + 1 < rule.statements.count,
          try expressions.merged(statement, rule.statements[index + 1])
        {
          index += 2
          continue
        }
        let anonymous = try declareAnonymousSet(of: statement, origin: rule.origin, in: table)
        try expressions.statement(statement, anonymous: anonymous, sets: sets)
        index += 1
      }
      if expressions.buffer.overflowed || expressions.buffer.bytes.count > 65_000 {
        throw Unencodable(reason: "a rule of chain `\(chain.name)` is too long for netlink")
      }
      message(.newRule, flags: Flag.create | Flag.append, origin: rule.origin) {
        $0.attribute(1, table.name)
        $0.attribute(2, chain.name)
        // A rule without statements has no list, as with nft.
        let list = $0.beginNested(4)
        $0.append(expressions.buffer)
        $0.endNested(list)
        if let note = UserData.comment(rule.comment) { $0.attribute(7, bytes: note) }
      }
    } catch {
      throw .invalidTable(error.reason, rule.origin)
    }
  }

  /// The set that a statement brings with it, declared and filled; nil for one that brings none.
  private mutating func declareAnonymousSet(
    of statement: Statement, origin: Origin, in table: Table
  ) throws(Unencodable) -> UInt32? {
    switch statement {
    case .compareAny(let field, _, let values):
      setCount += 1
      let set = SetDeclaration(anonymous: field, identifier: setCount, count: values.count)
      declare(set, origin: origin, in: table)
      var writer = elementWriter(set.name, identifier: setCount, in: table)
      let before = buffer.bytes.count
      for value in values {
        writer.element(key: try ExpressionWriter.bytes(of: value, field: field), into: &buffer)
        writer.boundary(&buffer)
      }
      writer.close(&buffer)
      finishElements(since: before, firstSequence: sequence, origin: origin)
      return setCount
    case .ctStateMap(let entries):
      setCount += 1
      let set = SetDeclaration(conntrackStates: setCount, count: entries.count)
      declare(set, origin: origin, in: table)
      var writer = elementWriter(set.name, identifier: setCount, in: table)
      let before = buffer.bytes.count
      for entry in entries {
        writer.element(
          key: entry.state.rawValue.hostBytes, verdict: entry.verdict, into: &buffer)
      }
      writer.close(&buffer)
      finishElements(since: before, firstSequence: sequence, origin: origin)
      return setCount
    default:
      return nil
    }
  }

  // MARK: - Messages

  private mutating func message(
    _ kind: Message, flags: UInt16 = 0, origin: Origin, _ body: (inout MessageBuffer) -> Void
  ) {
    lastMessage = message(
      type: kind.type, flags: flags, family: Self.inet, origin: origin, body)
  }

  @discardableResult
  private mutating func message(
    type: UInt16, flags: UInt16 = 0, family: UInt8, resource: UInt16 = 0, origin: Origin? = nil,
    _ body: (inout MessageBuffer) -> Void
  ) -> MessageBuffer.Mark {
    let mark = buffer.beginMessage(
      type: type, flags: Flag.request | flags, sequence: sequence, family: family,
      resource: resource)
    body(&buffer)
    buffer.endMessage(mark)
    sequence += 1
    origins.append(origin)
    return mark
  }
}
