import Nftables

/// What the kernel's table is made of: names and definitions, neither rules nor static elements.
package struct PresentTable: Hashable, Sendable {
  struct Object: Hashable, Sendable {
    var name: String
    /// NFT_OBJECT_*.
    var type: UInt32
  }

  struct Set: Hashable, Sendable {
    var name: String
    /// Nil of one that the IR has no words for.
    var definition: NamedSet?
    /// What rules give the elements that they add; nil where that is not known.
    var statements: Swift.Set<ElementStatement>? = []
  }

  struct Chain: Hashable, Sendable {
    var name: String
    /// Nil of a regular chain, and of a base chain that the IR has no words for.
    var base: BaseChain?
    var comment: String?
  }

  var objects: [Object] = []
  /// Without anonymous ones, which go with their rules.
  var sets: [Set] = []
  /// Without those that belong to a rule.
  var chains: [Chain] = []
  var hasFlowtables = false
}

extension Dump {
  /// What a table of family inet is made of; nil where that cannot be told from what the kernel says.
  ///
  /// It holds as long as the reading does, which was begun before. Fails with `generationChanged` where
  /// others' tables come and go each time that it is listed.
  package static func presentTable(
    of reading: RulesetReading, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> PresentTable? {
    let name = reading.table
    var parts = try TableParts(of: name, transport)
    var judge = TableParts.Judge()
    var attempts = 1
    while !judge.isWhole(parts.tally, at: try Dump.generation(transport)) {
      guard attempts < Self.mostListings else {
        throw .generationChanged(expected: reading.generation)
      }
      attempts += 1
      parts = try TableParts(of: name, transport)
    }
    // Rules are read only where a limiter may stay: they say what its elements carry.
    let hasDynamicSets = parts.sets.contains { set in
      (try? set.attributes()[3]?.networkNumber).map { $0 & 0x20 != 0 } ?? false  // NFT_SET_EVAL
    }
    let rules =
      hasDynamicSets
      ? try TableListing.list(.getRule, .newRule, [1: name], interrupted: .keep, transport) : []
    do throws(Undecodable) {
      var reader = PresentTableReader(name: name)
      for reply in parts.objects { try reader.object(reply) }
      for reply in parts.sets { try reader.set(reply) }
      for reply in parts.chains { try reader.chain(reply) }
      for reply in rules { try reader.rule(reply) }
      for reply in parts.flowtables { try reader.flowtable(reply) }
      return reader.table
    } catch {
      return nil
    }
  }

  private static let mostListings = 10

  /// The version of a policy's table: its comment, or, once it was changed in place, a chain's.
  package static func version(
    of table: TableState, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> String? {
    var reader = PresentTableReader(name: table.name)
    for reply in try TableListing.list(.getChain, .newChain, [1: table.name], transport) {
      do throws(Undecodable) { try reader.chain(reply) } catch { continue }
    }
    return reader.table.chains.lazy.compactMap(\.comment).first { $0.hasPrefix("fwpolicy ") }
      ?? table.comment
  }
}

/// Reads replies of the kernel's into a `PresentTable`.
private struct PresentTableReader {
  let name: String
  var table = PresentTable()
  private var places: [String: Int] = [:]

  init(name: String) { self.name = name }

  mutating func object(_ reply: NetlinkReply) throws(Undecodable) {
    // By the hundred thousand: only what is asked for is looked at.
    var reader = AttributeReader(try reply.body())
    var name: ArraySlice<UInt8>?
    var type: UInt64?
    while let (attribute, value) = try reader.next() {
      switch attribute {
      case 1: if TableListing.text(value) != self.name { return }
      case 2: name = value
      case 3: type = value.networkNumber
      default: break
      }
    }
    guard let name = TableListing.text(name), let type = type.flatMap(UInt32.init(exactly:))
    else { throw .malformed }
    table.objects.append(PresentTable.Object(name: name, type: type))
  }

  mutating func set(_ reply: NetlinkReply) throws(Undecodable) {
    let (names, body) = try named(reply, 2)
    guard let names else { return }
    var flags: UInt64 = 0
    var reader = AttributeReader(body)
    while let (type, value) = try reader.next() {
      if type == 3 { flags = value.networkNumber ?? 0 }
    }
    // NFT_SET_ANONYMOUS
    if flags & 1 != 0 { return }
    let definition = try? SetDeclaration(
      try Attributes(body, upTo: 20), origin: Origin(index: 0)
    ).set.definition
    places[names] = table.sets.count
    table.sets.append(PresentTable.Set(name: names, definition: definition))
  }

  mutating func chain(_ reply: NetlinkReply) throws(Undecodable) {
    let (name, body) = try named(reply, 3)
    guard let name else { return }
    let attributes = try Attributes(body, upTo: 12)
    // NFT_CHAIN_BINDING: it belongs to a rule.
    if (try attributes.optionalWord(10) ?? 0) & 4 != 0 { return }
    let base = try? TableDecoder.base(attributes)
    table.chains.append(
      PresentTable.Chain(
        name: name, base: base, comment: UserData.comment(0, in: attributes[12])))
  }

  mutating func flowtable(_ reply: NetlinkReply) throws(Undecodable) {
    if try named(reply, 2).0 != nil { table.hasFlowtables = true }
  }

  /// What a rule adds to sets, and with what.
  mutating func rule(_ reply: NetlinkReply) throws(Undecodable) {
    let (chain, body) = try named(reply, 2)
    guard chain != nil else { return }
    var reader = AttributeReader(body)
    while let (type, value) = try reader.next() {
      if type == 4 { try expressions(value) }
    }
  }

  private mutating func expressions(_ list: ArraySlice<UInt8>) throws(Undecodable) {
    var reader = AttributeReader(list)
    while let (_, bytes) = try reader.next() {
      let expression = try Attributes(bytes, upTo: 2)
      guard try expression.text(1) == "dynset" else { continue }
      let attributes = try Attributes(try expression.bytes(2), upTo: 11)
      guard let place = places[try attributes.text(1)] else { continue }
      if let statement = try? ElementStatement(dynamicSet: attributes) {
        table.sets[place].statements?.insert(statement)
      } else {
        table.sets[place].statements = nil
      }
    }
  }

  /// The name of what a reply is about, nil where that is in another table, and its attributes.
  private func named(_ reply: NetlinkReply, _ type: UInt16) throws(Undecodable) -> (
    String?, ArraySlice<UInt8>
  ) {
    let body = try reply.body()
    var reader = AttributeReader(body)
    var table: String?
    var name: String?
    while let (attribute, value) = try reader.next() {
      if attribute == 1 { table = TableListing.text(value) }
      if attribute == type { name = TableListing.text(value) }
    }
    guard let table else { throw .malformed }
    if table != self.name { return (nil, body) }
    guard let name else { throw .malformed }
    return (name, body)
  }
}
