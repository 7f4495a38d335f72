package import Nftables

extension Dump {
  /// The sets of a table of family inet that are filled while they are in force, without what they
  /// hold: by packets or by the administrator, in the order of their names.
  ///
  /// - Parameter isReading: whether it is part of a reading, which others' commits to this table end.
  package static func setsFilledInForce(
    ofTable table: String, isReading: Bool = false,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [NamedSet] {
    var sets: [NamedSet] = []
    for reply in try TableListing.list(
      .getSet, .newSet, [1: table], interrupted: isReading ? .keep : .askAgain, transport)
    {
      guard TableListing.text(try reply.attributes()[1]) == table,
        let declaration = try? SetDeclaration(
          try Attributes(try reply.body(), upTo: 20), origin: Origin(index: 0)),
        !declaration.isAnonymous, declaration.set.isFilledInForce
      else { continue }
      sets.append(declaration.set)
    }
    return sets.sorted { $0.name < $1.name }
  }

  /// What a set of addresses holds, in ascending order; what the kernel has dropped since is left out.
  package static func content(
    of set: NamedSet, inTable table: String,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [SetElement] {
    try elements(of: set, inTable: table, transport) { replies throws(NetlinkError) in
      try content(of: set, inTable: table, replies)
    }
  }

  /// How many elements a set has, whatever they are; of intervals their beginnings.
  package static func elementCount(
    of set: NamedSet, inTable table: String,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Int {
    try elements(of: set, inTable: table, transport) { replies throws(NetlinkError) in
      do throws(Undecodable) { return try elementCount(replies) } catch { throw .malformedReply }
    }
  }

  private static func elements<Result>(
    of set: NamedSet, inTable table: String,
    _ transport: borrowing some NetlinkTransport & ~Copyable,
    _ read: ([NetlinkReply]) throws(NetlinkError) -> Result
  ) throws(NetlinkError) -> Result {
    try steadily(table, elements: .of([set.name]), transport) { _ throws(NetlinkError) in
      let replies = try TableListing.list(
        .getSetElement, .newSetElement, [1: table, 2: set.name], interrupted: .keep, transport)
      return (try read(replies), nil)
    }.result
  }

  private static func elementCount(_ replies: [NetlinkReply]) throws(Undecodable) -> Int {
    var count = 0
    for reply in replies {
      guard let list = try Attributes(try reply.body(), upTo: 5)[3] else { continue }
      var reader = AttributeReader(list)
      while let (_, element) = try reader.next() {
        var isEnd = false
        var attributes = AttributeReader(element)
        while let (type, value) = try attributes.next() {
          if type == 3 { isEnd = (value.networkNumber ?? 0) & 1 != 0 }
        }
        if !isEnd { count += 1 }
      }
    }
    return count
  }

  static func content(
    of set: NamedSet, inTable table: String, _ replies: [NetlinkReply]
  ) throws(NetlinkError) -> [SetElement] {
    do throws(Undecodable) {
      var reader = try SetContentReader(set)
      for reply in replies {
        let attributes = try Attributes(try reply.body(), upTo: 5)
        guard try attributes.text(1) == table, try attributes.text(2) == set.name else {
          throw .malformed
        }
        if let list = attributes[3] { try reader.read(list) }
      }
      return try reader.finish()
    } catch {
      throw .malformedReply
    }
  }
}
