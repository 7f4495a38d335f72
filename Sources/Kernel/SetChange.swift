package import Nftables

/// What leaves and what enters one set of address intervals.
package struct SetChange: Hashable, Sendable {
  package var table: String
  package var set: NamedSet
  package var removed: [SetElement] = []
  package var added: [SetElement] = []

  package init(table: String, set: NamedSet) {
    self.table = table
    self.set = set
  }

  package var isEmpty: Bool { removed.isEmpty && added.isEmpty }
}

extension KernelTransaction {
  /// Changes sets in one batch: all of it or nothing, and only while the reading holds.
  ///
  /// Within a set what leaves goes first, so that what enters may lie where it was.
  package func change(
    _ changes: [SetChange], of reading: RulesetReading,
    transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> CommitReceipt {
    try commit(
      try BatchEncoder(changing: changes, expectedGeneration: reading.generation),
      origin: Origin(index: 0), of: reading, transport)
  }
}

extension BatchEncoder {
  init(changing changes: [SetChange], expectedGeneration: UInt32) throws(NetlinkError) {
    self.init(origin: Origin(index: 0))
    do throws(Unencodable) {
      try begin(expectedGeneration: expectedGeneration)
      for change in changes { try elements(of: change) }
      if let lastMessage { buffer.addFlags(MessageHeader.acknowledge, to: lastMessage) }
      try end()
      guard !buffer.overflowed else {
        throw Unencodable(reason: "an element is too long for netlink")
      }
    } catch {
      throw error.error(at: Origin(index: 0))
    }
  }

  /// Appends what leaves and what enters.
  mutating func elements(of change: SetChange) throws(Unencodable) {
    guard change.set.isInterval, change.set.key.count == 1, let type = change.set.key.first,
      type == .ipv4Address || type == .ipv6Address
    else { throw Unencodable(reason: "set `\(change.set.name)` is not of address intervals") }
    try elements(change.removed, of: change, width: type.length, by: .deleteSetElement)
    try elements(change.added, of: change, width: type.length, by: .newSetElement)
  }

  private mutating func elements(
    _ elements: [SetElement], of change: SetChange, width: Int,
    by message: MessageHeader.Message
  ) throws(Unencodable) {
    var next = 0
    while next < elements.count {
      let mark = try buffer.message(MessageHeader(message, sequence: sequence))
      buffer.attribute(1, change.table)
      buffer.attribute(2, change.set.name)
      let list = buffer.beginNested(3)
      let start = buffer.bytes.count
      while next < elements.count, buffer.bytes.count - start < ElementWriter.chunkBytes - 1024 {
        try element(elements[next], width: width, isAdded: message == .newSetElement)
        next += 1
      }
      buffer.endNested(list)
      buffer.endMessage(mark)
      count(mark)
    }
  }

  /// The two ends of an interval; one that reaches to the last address has no end.
  private mutating func element(
    _ element: SetElement, width: Int, isAdded: Bool
  ) throws(Unencodable) {
    let last = UInt128.max >> UInt128(128 - 8 * width)
    guard element.lower <= element.upper, element.upper <= last else {
      throw Unencodable(reason: "an element is no interval of addresses")
    }
    func key(_ value: UInt128) -> ArraySlice<UInt8> { value.networkBytes.suffix(width) }
    buffer.nested(1) { item in
      item.nested(1) { $0.attribute(1, bytes: key(element.lower)) }
      guard isAdded else { return }
      if let timeout = element.timeout { item.attribute(4, timeout) }
      if let expires = element.expires { item.attribute(5, expires) }
      var notes = UserData()
      if let comment = UserData.text(element.comment) { notes.append(0, comment) }
      if element.upper == last { notes.append(1, UInt32(1)) }
      if !notes.bytes.isEmpty { item.attribute(6, bytes: notes.bytes) }
    }
    if element.upper < last {
      buffer.nested(1) { item in
        item.attribute(3, UInt32(1))
        item.nested(1) { $0.attribute(1, bytes: key(element.upper + 1)) }
      }
    }
  }
}
