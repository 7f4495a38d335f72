import CNetfilter

/// Netlink messages in one growing array of bytes.
///
/// libnftnl writes messages into room that is made for them. Only the elements of sets are written
/// attribute by attribute: lengths and types in the machine's order, values in network order unless
/// said otherwise. Every message and attribute starts at a multiple of four.
struct MessageBuffer {
  private(set) var bytes: [UInt8] = []

  /// Whether an attribute did not fit the 16 bits of its length.
  private(set) var overflowed = false

  /// Where an open message or attribute starts.
  struct Mark { fileprivate let start: Int }

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

  /// Zero bytes behind a message's bound.
  ///
  /// The bounds are of what libnftnl is known to write; should a later version write more, that is an
  /// error and nobody's memory.
  private static let margin = 1024

  /// Has libnftnl or libmnl write one message, of at most `bound` bytes with its header.
  ///
  /// They look at no end of a buffer, leave padding as they find it, and cut the length of an
  /// attribute to its 16 bits: no bound is beyond those.
  mutating func message(
    atMost bound: Int, _ build: (UnsafeMutablePointer<CChar>) -> UnsafeMutablePointer<nlmsghdr>?
  ) throws(Unencodable) -> Mark {
    guard bound <= UInt16.max else {
      throw Unencodable(reason: "a message is too long for netlink")
    }
    let start = bytes.count
    let room = bound + Self.margin
    bytes.append(contentsOf: repeatElement(0, count: room))
    let length = bytes.withUnsafeMutableBytes { all in
      let room = UnsafeMutableRawBufferPointer(rebasing: all[start...])
      return room.baseAddress.flatMap { build($0.assumingMemoryBound(to: CChar.self)) }
        .map { Int($0.pointee.nlmsg_len) } ?? 0
    }
    guard (1...bound).contains(length) else {
      throw Unencodable(reason: "libnftnl wrote a message of \(length) bytes for \(bound)")
    }
    bytes.removeLast(room - length)
    return Mark(start: start)
  }

  /// A whole nf_tables message.
  mutating func message(
    _ header: MessageHeader, atMost bound: Int = 20,
    _ payload: (UnsafeMutablePointer<nlmsghdr>?) -> Void = { _ in }
  ) throws(Unencodable) -> Mark {
    try message(atMost: bound) { start in
      let message = nftnl_nlmsg_build_hdr(
        start, header.message.rawValue, MessageHeader.inet, header.flags, header.sequence)
      payload(message)
      return message
    }
  }

  /// Ends a message to which attributes were added.
  mutating func endMessage(_ mark: Mark) {
    let length = UInt32(truncatingIfNeeded: bytes.count - mark.start)
    store(length, at: mark.start)
  }

  /// Adds flags to a finished message.
  mutating func addFlags(_ flags: UInt16, to mark: Mark) {
    let at = mark.start + 6
    store((UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8) | flags, at: at)
  }

  mutating func beginNested(_ type: UInt16) -> Mark {
    let mark = Mark(start: bytes.count)
    appendHost(UInt16(0))
    appendHost(type | 0x8000)  // NLA_F_NESTED, linux/netlink.h.
    return mark
  }

  mutating func endNested(_ mark: Mark) {
    store(attributeLength(bytes.count - mark.start), at: mark.start)
  }

  mutating func nested(_ type: UInt16, _ body: (inout MessageBuffer) -> Void) {
    let mark = beginNested(type)
    body(&self)
    endNested(mark)
  }

  mutating func attribute(_ type: UInt16, bytes value: some Collection<UInt8>) {
    appendHost(attributeLength(4 + value.count))
    appendHost(type)
    bytes.append(contentsOf: value)
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  mutating func attribute(_ type: UInt16, _ value: some FixedWidthInteger) {
    attribute(type, bytes: value.networkBytes)
  }

  /// A string with its terminating NUL.
  mutating func attribute(_ type: UInt16, _ value: String) {
    attribute(type, bytes: Array(value.utf8) + [0])
  }

  /// Adds `count` zero bytes and lets `body` fill them: the bulk road.
  mutating func fill(_ count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: count))
    bytes.withUnsafeMutableBytes { all in
      body(UnsafeMutableRawBufferPointer(rebasing: all[start...]))
    }
  }

  private mutating func attributeLength(_ length: Int) -> UInt16 {
    guard let length = UInt16(exactly: length) else {
      overflowed = true
      return 0
    }
    return length
  }

  /// Writes over a number in network order.
  mutating func replaceNumber(_ value: UInt32, at offset: Int) {
    store(value.bigEndian, at: offset)
  }

  private mutating func appendHost(_ value: some FixedWidthInteger) {
    bytes.append(contentsOf: value.hostBytes)
  }

  private mutating func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    for (index, byte) in value.hostBytes.enumerated() { bytes[offset + index] = byte }
  }
}

extension FixedWidthInteger {
  /// Its bytes, the most significant first.
  var networkBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

  /// Its bytes in the machine's order.
  var hostBytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
}
