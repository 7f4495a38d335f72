/// The replies that list what a table of family inet is made of, without rules and elements.
///
/// Kept though others commit: of chains and objects the kernel remembers how many it has told, those of
/// other tables among them, so that one is missing where others' went. Those may be of batches that
/// are never committed, which nothing else tells of. What comes twice is here once.
struct TableParts {
  var objects: [NetlinkReply]
  var sets: [NetlinkReply]
  var chains: [NetlinkReply]
  var flowtables: [NetlinkReply]
  let tally: Tally

  /// How many parts were listed, and how many the kernel counted before and after.
  struct Tally: Hashable {
    var listed: Int
    var usedBefore: UInt64
    var usedAfter: UInt64

    /// A batch on this very table moves the kernel's count while it is tried, hence both.
    var fits: Bool { usedBefore == usedAfter && UInt64(listed) == usedAfter }
  }

  /// Says when nothing is missing.
  struct Judge {
    private var last: (tally: Tally, generation: UInt32)?
    private var times = 0

    /// Whether the parts are as many as the kernel counts; where it counts otherwise than we know, the
    /// same several times in a row while nobody commits.
    mutating func isWhole(_ tally: Tally, at generation: UInt32) -> Bool {
      let isSame = last.map { $0 == (tally, generation) } ?? false
      times = isSame ? times + 1 : 1
      last = (tally, generation)
      return tally.fits || times == Self.enough
    }

    private static let enough = 3
  }

  /// Linear in them; none where there is no such table.
  init(
    of table: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) {
    let before = try Self.use(of: table, transport)
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
    var listed = objects.count + chains.count + flowtables.count
    // Anonymous sets are not counted (nf_tables_commit, net/netfilter/nf_tables_api.c); of sets the
    // kernel remembers its place in their own table.
    for set in sets {
      // NFTA_SET_FLAGS, NFT_SET_ANONYMOUS
      if (try set.attributes()[3]?.networkNumber ?? 0) & 1 == 0 { listed += 1 }
    }
    tally = Tally(
      listed: listed, usedBefore: before, usedAfter: try Self.use(of: table, transport))
  }

  /// How many parts the kernel counts; 0 where there is no such table.
  private static func use(
    of table: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> UInt64 {
    do throws(NetlinkError) {
      let replies = try TableListing.list(
        .getTable, .newTable, [1: table], isDump: false, transport)
      // NFTA_TABLE_USE
      guard let use = try replies.first?.attributes()[3]?.networkNumber else {
        throw .malformedReply
      }
      return use
    } catch .rejected(let rejection) where rejection.errno == ErrorNumber.noEntry {
      return 0
    }
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
