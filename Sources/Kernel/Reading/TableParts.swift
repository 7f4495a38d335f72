/// The replies that list what a table of family inet is made of, without rules and elements.
///
/// Kept though others commit: of chains and objects the kernel remembers how many it has told, those of
/// other tables among them, so that one is missing where others' went. What comes twice where others'
/// came is here once.
struct TableParts {
  var objects: [NetlinkReply]
  var sets: [NetlinkReply]
  var chains: [NetlinkReply]
  var flowtables: [NetlinkReply]

  /// Linear in them.
  init(
    of table: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) {
    let names: KeyValuePairs<UInt16, String> = [1: table]
    objects = try Self.distinct(
      TableListing.list(.getObject, .newObject, names, interrupted: .keep, transport),
      by: 2, 3, of: table)
    sets = try Self.distinct(
      TableListing.list(.getSet, .newSet, names, interrupted: .keep, transport),
      by: 2, of: table)
    chains = try Self.distinct(
      TableListing.list(.getChain, .newChain, names, interrupted: .keep, transport),
      by: 3, of: table)
    flowtables = try Self.distinct(
      TableListing.list(.getFlowtable, .newFlowtable, names, interrupted: .keep, transport),
      by: 2, of: table)
  }

  /// Whether they are as many as the kernel counts.
  ///
  /// It does not count anonymous sets (nf_tables_commit, net/netfilter/nf_tables_api.c); of sets it
  /// remembers its place in their own table.
  func areWhole(
    of table: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Bool {
    let replies = try TableListing.list(
      .getTable, .newTable, [1: table], isDump: false, transport)
    // NFTA_TABLE_USE
    guard let use = try replies.first?.attributes()[3]?.networkNumber else {
      throw .malformedReply
    }
    var count = objects.count + chains.count + flowtables.count
    for set in sets {
      // NFTA_SET_FLAGS, NFT_SET_ANONYMOUS
      if (try set.attributes()[3]?.networkNumber ?? 0) & 1 == 0 { count += 1 }
    }
    return UInt64(count) == use
  }

  private struct Name: Hashable {
    var text: ArraySlice<UInt8>?
    var kind: ArraySlice<UInt8>?
  }

  /// Those of a table, each once, by the attributes of their name and of what kind they are.
  private static func distinct(
    _ replies: [NetlinkReply], by text: UInt16, _ kind: UInt16? = nil, of table: String
  ) throws(NetlinkError) -> [NetlinkReply] {
    var names: Set<Name> = []
    var kept: [NetlinkReply] = []
    for reply in replies {
      guard reply.payload.count >= 4 else { throw .malformedReply }
      var reader = AttributeReader(reply.payload.dropFirst(4))
      var name = Name()
      var isOurs = false
      do throws(Undecodable) {
        while let (type, value) = try reader.next() {
          if type == 1 { isOurs = TableListing.text(value) == table }
          if type == text { name.text = value }
          if type == kind { name.kind = value }
        }
      } catch {
        throw .malformedReply
      }
      // Whoever reads what has no name refuses it.
      if isOurs, name.text == nil || names.insert(name).inserted { kept.append(reply) }
    }
    return kept
  }
}
