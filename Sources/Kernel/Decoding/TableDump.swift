extension Dump {
  /// A whole table of family inet, read back and said in the IR; nil where there is none of that name.
  ///
  /// As it is at one time: reading begins anew where others change the table meanwhile. What the
  /// IR cannot say is an error that names the place. The kernel does not keep the order of elements
  /// and what the packet path or the administrator put into sets while they were in force is no part
  /// of the table; counts are `counters`.
  /// n log n in elements, linear in everything else.
  package static func table(
    named name: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(TableReadError) -> KernelTable? {
    typealias Parts = (state: TableState, listing: TableListing)?
    let found: (result: Parts, reading: RulesetReading)
    do throws(NetlinkError) {
      found = try steadily(name, elements: .none, transport) {
        (reading: inout RulesetReading) throws(NetlinkError) -> (Parts, TableParts.Tally?) in
        guard let state = try tableState(named: name, transport) else { return (nil, nil) }
        let listing = try TableListing(of: name, transport)
        reading.elements = .allBut(listing.setsFilledInForce)
        return ((state, listing), listing.parts.tally)
      }
    } catch {
      throw .netlink(error)
    }
    guard let (state, listing) = found.result else { return nil }
    var decoder = TableDecoder(state, reading: found.reading)
    try decoder.decode(listing)
    return decoder.result
  }
}

/// Every message that the kernel lists a table with.
struct TableListing {
  var table: [NetlinkReply] = []
  var parts: TableParts
  /// By the sets' names; none of sets that are filled while they are in force.
  var elements: [String: [NetlinkReply]] = [:]
  var setsFilledInForce: Set<String> = []
  var rules: [NetlinkReply] = []

  init(
    of table: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) {
    self.table = try Self.list(.getTable, .newTable, [1: table], isDump: false, transport)
    parts = try TableParts(of: table, transport)
    rules = try Self.list(.getRule, .newRule, [1: table], interrupted: .keep, transport)
    for set in parts.sets {
      let attributes = try set.attributes()
      guard Self.text(attributes[1]) == table else { continue }
      guard let name = Self.text(attributes[2]) else { throw .malformedReply }
      // NFT_SET_EVAL; NFT_SET_TIMEOUT of what is neither NFT_SET_MAP nor NFT_SET_OBJECT.
      let flags = attributes[3]?.networkNumber ?? 0
      if flags & 0x20 != 0 || flags & 0x58 == 0x10 {
        setsFilledInForce.insert(name)
        continue
      }
      elements[name] = try Self.list(
        .getSetElement, .newSetElement, [1: table, 2: name], interrupted: .keep, transport)
    }
  }

  /// A name among the attributes; nil where it is no text.
  static func text(_ bytes: ArraySlice<UInt8>?) -> String? {
    bytes.flatMap { String(validating: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// The answers to a question about what has these names.
  static func list(
    _ question: MessageHeader.Message, _ answer: MessageHeader.Message,
    _ names: KeyValuePairs<UInt16, String>, isDump: Bool = true,
    interrupted: Dump.Interruption = .askAgain,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [NetlinkReply] {
    let replies = try Dump.ask(question, isDump: isDump, interrupted: interrupted, transport) {
      header, buffer throws(Unencodable) in
      let message = try buffer.message(header)
      for (type, name) in names {
        guard 1...255 ~= name.utf8.count, !name.utf8.contains(0) else {
          throw Unencodable(reason: "a name is not of 1 to 255 bytes or has a NUL")
        }
        buffer.attribute(type, name)
      }
      buffer.endMessage(message)
    }
    // NFNL_SUBSYS_NFTABLES
    guard replies.allSatisfy({ $0.type == 10 << 8 | answer.rawValue }) else {
      throw .malformedReply
    }
    return replies
  }
}
