import Nftables

/// The sets of a table while its rules are decoded.
final class DecodedSets {
  private var declarations: [String: SetDeclaration] = [:]
  private var elements: [String: [ListedElement]] = [:]
  /// Anonymous sets that rules look up by name.
  private(set) var used: Set<String> = []

  func add(_ declaration: SetDeclaration, _ listed: [ListedElement]) throws(Undecodable) {
    let name = declaration.set.name
    guard declarations.updateValue(declaration, forKey: name) == nil else { throw .malformed }
    if declaration.isAnonymous { elements[name] = listed }
  }

  func declaration(_ name: String) throws(Undecodable) -> SetDeclaration {
    guard let declaration = declarations[name] else {
      throw Undecodable("names a set that is not in the table")
    }
    return declaration
  }

  /// The elements of an anonymous set.
  func listed(_ name: String) -> [ListedElement] { elements[name] ?? [] }

  func use(_ name: String) { used.insert(name) }
}

/// Makes a table of the kernel's messages about it.
struct TableDecoder {
  private(set) var result: KernelTable
  private let sets = DecodedSets()
  /// Positions in the table by name.
  private var chains: [String: Int] = [:]
  private let name: String

  init(_ state: TableState, reading: RulesetReading) {
    name = state.name
    result = KernelTable(state, reading: reading)
  }

  mutating func decode(_ listing: TableListing) throws(TableReadError) {
    for reply in listing.table {
      try at(.table(name)) { () throws(Undecodable) in
        let attributes = try Attributes(reply.body(), upTo: 7)
        let flags = try attributes.optionalWord(2) ?? 0
        if flags & 1 != 0 { throw Undecodable("is dormant: it does nothing") }
        // NFT_TABLE_F_OWNER and NFT_TABLE_F_PERSIST say who may change it.
        guard flags & ~6 == 0 else { throw Undecodable("has flags that are not known") }
      }
    }
    for reply in listing.parts.objects { try object(reply) }
    for reply in listing.parts.sets { try set(reply, listing.elements) }
    for reply in listing.parts.chains { try chain(reply) }
    for reply in listing.rules { try rule(reply) }
    try keepUsedAnonymousSets()
  }

  // MARK: - Declarations

  private mutating func object(_ reply: NetlinkReply) throws(TableReadError) {
    let (attributes, place) = try attributes(reply, upTo: 8, name: 2) { .object($0) }
    guard let attributes else { return }
    let origin = result.origin(of: place)
    let object = try at(place) { () throws(Undecodable) in
      let data = try attributes.bytes(4)
      let kind: Object.Kind
      switch try attributes.word(3) {
      case ObjectType.counter: kind = .counter
      case ObjectType.ctHelper: kind = try Self.helper(data)
      case let type: throw Undecodable("is of type \(type), which is not known")
      }
      return Object(
        name: try attributes.text(2), kind: kind,
        comment: UserData.comment(0, in: attributes[8]), origin: origin)
    }
    result.table.objects.append(object)
  }

  private static func helper(_ data: ArraySlice<UInt8>) throws(Undecodable) -> Object.Kind {
    let attributes = try Attributes(data, upTo: 3)
    guard let family = try attributes.number(2, bytes: 2),
      let number = try attributes.number(3, bytes: 1),
      let transport = Object.Transport(rawValue: UInt8(truncatingIfNeeded: number)),
      family == MessageHeader.inet
    else { throw Undecodable("is a helper of a family or transport that is not known") }
    return .ctHelper(type: try attributes.text(1), transport: transport)
  }

  private mutating func set(
    _ reply: NetlinkReply, _ elements: [String: [NetlinkReply]]
  ) throws(TableReadError) {
    // NFTA_SET_TYPE and NFTA_SET_COUNT, 19 and 20, say how the kernel stores it.
    let (attributes, place) = try attributes(reply, upTo: 20, name: 2) { .set($0) }
    guard let attributes else { return }
    let origin = result.origin(of: place)
    let set = try at(place) { () throws(Undecodable) -> NamedSet? in
      var declaration = try SetDeclaration(attributes, origin: origin)
      var listed: [ListedElement] = []
      for reply in elements[declaration.set.name] ?? [] {
        let list = try Attributes(reply.body(), upTo: 5)
        guard try list.text(1) == name, try list.text(2) == declaration.set.name else {
          throw .malformed
        }
        if let elements = list[3] { try declaration.listed(elements, into: &listed) }
      }
      try sets.add(declaration, listed)
      if declaration.isAnonymous { return nil }
      declaration.set.elements = try declaration.elements(listed)
      return declaration.set
    }
    if let set { result.table.sets.append(set) }
  }

  /// Anonymous sets that are more than the single values of a statement become named ones.
  private mutating func keepUsedAnonymousSets() throws(TableReadError) {
    for name in sets.used.sorted() {
      let set = try at(.set(name)) { () throws(Undecodable) -> NamedSet? in
        var declaration = try sets.declaration(name)
        guard declaration.isAnonymous else { return nil }
        declaration.set.elements = try declaration.elements(sets.listed(name))
        return declaration.set
      }
      if let set { result.table.sets.append(set) }
    }
  }

  private mutating func chain(_ reply: NetlinkReply) throws(TableReadError) {
    let (attributes, place) = try attributes(reply, upTo: 12, name: 3) { .chain($0) }
    guard let attributes else { return }
    let origin = result.origin(of: place)
    let chain = try at(place) { () throws(Undecodable) in
      let name = try attributes.text(3)
      // NFT_CHAIN_BASE, and NFT_CHAIN_BINDING of a chain that belongs to a rule.
      guard (try attributes.optionalWord(10) ?? 0) & ~5 == 0, chains[name] == nil else {
        throw Undecodable("has flags that are not known")
      }
      return Chain(
        name: name, base: try Self.base(attributes),
        comment: UserData.comment(0, in: attributes[12]), origin: origin)
    }
    chains[chain.name] = result.table.chains.count
    result.table.chains.append(chain)
  }

  static func base(_ attributes: Attributes) throws(Undecodable) -> BaseChain? {
    guard let hook = attributes[4] else { return nil }
    let hooked = try Attributes(hook, upTo: 4)
    guard let hook = BaseChain.Hook(rawValue: try hooked.word(1)), hooked[3] == nil,
      hooked[4] == nil
    else { throw Undecodable("is at a hook that is not known") }
    guard try attributes.text(7) == "filter" else {
      throw Undecodable("is of a type that is not known")
    }
    guard let policy = BaseChain.Policy(rawValue: try attributes.word(5)) else {
      throw Undecodable("has a policy that is not known")
    }
    return BaseChain(
      hook: hook, priority: Int32(bitPattern: try hooked.word(2)), policy: policy)
  }

  // MARK: - Rules

  private mutating func rule(_ reply: NetlinkReply) throws(TableReadError) {
    let (attributes, chainPlace) = try attributes(reply, upTo: 11, name: 2) { .chain($0) }
    guard let attributes else { return }
    let (chain, handle, expressions) = try at(chainPlace) {
      () throws(Undecodable) -> (Int, UInt64, ArraySlice<UInt8>) in
      guard let chain = chains[try attributes.text(2)] else {
        throw Undecodable("has rules but is not in the table")
      }
      return (chain, try attributes.doubleWord(3), attributes[4] ?? [])
    }
    let comment = UserData.comment(0, in: attributes[7])
    let place = KernelPlace.rule(
      chain: result.table.chains[chain].name,
      number: result.table.chains[chain].rules.count + 1, handle: handle, comment: comment)
    let origin = result.origin(of: place)
    try at(place) { () throws(Undecodable) in
      try attributes.refuse([5: "is of the compatibility layer, which is not known"])
    }
    result.table.chains[chain].rules.append(
      Rule(try statements(expressions, place), comment: comment, origin: origin))
  }

  private func statements(
    _ expressions: ArraySlice<UInt8>, _ place: KernelPlace
  ) throws(TableReadError) -> [Statement] {
    var decoder = RuleDecoder(sets: sets)
    var current: TableReadError.Unknown.Expression?
    do throws(Undecodable) {
      var reader = AttributeReader(expressions)
      var number = 0
      while let (type, bytes) = try reader.next() {
        number += 1
        guard type == 1 else { throw .malformed }
        let expression = try Attributes(bytes, upTo: 2)
        let name = try expression.text(1)
        current = .init(name: name, number: number)
        try decoder.decode(name, expression[2] ?? [])
      }
      current = nil
      try decoder.finish()
    } catch {
      throw .notUnderstood(.init(place: place, expression: current, reason: error.reason))
    }
    return decoder.statements
  }

  // MARK: - Places

  /// The attributes of a message, nil where it is about another table, and where its object stands.
  private func attributes(
    _ reply: NetlinkReply, upTo limit: UInt16, name: UInt16, _ place: (String) -> KernelPlace
  ) throws(TableReadError) -> (Attributes?, KernelPlace) {
    try at(.table(self.name)) { () throws(Undecodable) in
      // A name is needed before an error can say whose it is.
      var reader = AttributeReader(try reply.body())
      var names: [UInt16: ArraySlice<UInt8>] = [:]
      while let (type, value) = try reader.next() {
        if type == 1 || type == name { names[type] = value }
      }
      guard let table = TableListing.text(names[1]) else { throw .malformed }
      guard table == self.name else { return (nil, .table(table)) }
      return (
        try Attributes(reply.body(), upTo: limit), place(TableListing.text(names[name]) ?? "")
      )
    }
  }

  private func at<Result>(
    _ place: KernelPlace, _ body: () throws(Undecodable) -> Result
  ) throws(TableReadError) -> Result {
    do throws(Undecodable) { return try body() } catch {
      throw .notUnderstood(.init(place: place, reason: error.reason))
    }
  }
}

extension NetlinkReply {
  /// What follows `struct nfgenmsg`, which must be of family inet.
  func body() throws(Undecodable) -> ArraySlice<UInt8> {
    guard payload.count >= 4, payload.first == UInt8(MessageHeader.inet) else { throw .malformed }
    return payload.dropFirst(4)
  }
}
