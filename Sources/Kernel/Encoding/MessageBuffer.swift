/// Netlink messages in one growing array of bytes, written attribute by attribute.
///
/// Lengths, types and sequence numbers are in the machine's order, attribute values in network order
/// unless said otherwise. Every message and attribute starts at a multiple of four.
struct MessageBuffer {
  private(set) var bytes: [UInt8] = []

  /// Whether an attribute did not fit the 16 bits of its length.
  private(set) var overflowed = false

  /// Where an open message or attribute starts.
  struct Mark { fileprivate let start: Int }

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

  /// Writes `struct nlmsghdr` and `struct nfgenmsg`, linux/netfilter/nfnetlink.h.
  mutating func beginMessage(
    type: UInt16, flags: UInt16, sequence: UInt32, family: UInt8, resource: UInt16 = 0
  ) -> Mark {
    let mark = Mark(start: bytes.count)
    appendHost(UInt32(0))
    appendHost(type)
    appendHost(flags)
    appendHost(sequence)
    appendHost(UInt32(0))
    bytes.append(family)
    bytes.append(0)
    appendNetwork(resource)
    return mark
  }

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

  /// A string without one.
  mutating func attribute(_ type: UInt16, unterminated value: String) {
    attribute(type, bytes: value.utf8)
  }

  /// Gives the finished messages from an offset on ascending sequence numbers, and finds them.
  mutating func numberMessages(since start: Int, from sequence: UInt32) -> [Mark] {
    var marks: [Mark] = []
    var at = start
    while at < bytes.count {
      let length = (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
      store(sequence &+ UInt32(marks.count), at: at + 8)
      marks.append(Mark(start: at))
      at += length
    }
    return marks
  }

  /// Adds finished attributes.
  mutating func append(_ other: MessageBuffer) {
    bytes += other.bytes
    overflowed = overflowed || other.overflowed
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

  private mutating func appendHost(_ value: some FixedWidthInteger) {
    bytes.append(contentsOf: value.hostBytes)
  }

  private mutating func appendNetwork(_ value: some FixedWidthInteger) {
    bytes.append(contentsOf: value.networkBytes)
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
