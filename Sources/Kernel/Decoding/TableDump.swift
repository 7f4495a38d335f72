extension Dump {
  /// A whole table of family inet, read back and said in the IR; nil where there is none of that name.
  ///
  /// All of one generation: reading begins anew where others change the ruleset meanwhile. What the
  /// IR cannot say is an error that names the place. The kernel does not keep the order of elements
  /// and what the packet path or the administrator put into sets while they were in force is no part
  /// of the table; counts are `counters`.
  /// n log n in elements, linear in everything else.
  package static func table(
    named name: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(TableReadError) -> KernelTable? {
    var patience = Patience(transport.patience)
    repeat {
      do throws(TableReadError) {
        let generation = try asked { () throws(NetlinkError) in try Self.generation(transport) }
        guard
          let state = try asked({ () throws(NetlinkError) in
            try tableState(named: name, transport)
          })
        else { return nil }
        let listing = try asked { () throws(NetlinkError) in
          try TableListing(of: name, transport)
        }
        let after = try asked { () throws(NetlinkError) in try Self.generation(transport) }
        if after != generation { continue }
        var decoder = TableDecoder(state, generation: generation)
        try decoder.decode(listing)
        return decoder.result
      } catch .netlink(.rejected(let rejection)) where rejection.errno == ErrorNumber.noEntry {
        // Gone since the table was asked for.
        continue
      }
    } while patience.lasts()
    throw .netlink(.dumpInterrupted)
  }

  private static func asked<Result>(
    _ question: () throws(NetlinkError) -> Result
  ) throws(TableReadError) -> Result {
    do throws(NetlinkError) { return try question() } catch { throw .netlink(error) }
  }
}

/// Every message that the kernel lists a table with.
struct TableListing {
  var table: [NetlinkReply] = []
  var objects: [NetlinkReply] = []
  var sets: [NetlinkReply] = []
  /// By the sets' names; none of sets that are filled while they are in force.
  var elements: [String: [NetlinkReply]] = [:]
  var chains: [NetlinkReply] = []
  var rules: [NetlinkReply] = []

  init(
    of table: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) {
    self.table = try Self.list(.getTable, .newTable, [1: table], isDump: false, transport)
    objects = try Self.list(.getObject, .newObject, [1: table], transport)
    chains = try Self.list(.getChain, .newChain, [1: table], transport)
    rules = try Self.list(.getRule, .newRule, [1: table], transport)
    sets = try Self.list(.getSet, .newSet, [1: table], transport)
    for set in sets {
      let attributes = try set.attributes()
      guard Self.text(attributes[1]) == table else { continue }
      guard let name = Self.text(attributes[2]) else { throw .malformedReply }
      // NFT_SET_EVAL; NFT_SET_TIMEOUT of what is neither NFT_SET_MAP nor NFT_SET_OBJECT.
      let flags = attributes[3]?.networkNumber ?? 0
      if flags & 0x20 != 0 || flags & 0x58 == 0x10 { continue }
      elements[name] = try Self.list(
        .getSetElement, .newSetElement, [1: table, 2: name], transport)
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
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [NetlinkReply] {
    let replies = try Dump.ask(question, isDump: isDump, transport) {
      header, buffer throws(Unencodable) in
      let message = try buffer.message(header)
      for (type, name) in names {
        guard name.utf8.count < 256 else { throw Unencodable(reason: "a name is over 255 bytes") }
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
