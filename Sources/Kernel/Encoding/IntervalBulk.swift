import NetworkTypes

/// Address intervals written as bytes of fixed stride, with no object per element.
extension ElementWriter {
  /// Intervals in the two-element form: a start, and an exclusive end unless it is past the last
  /// address; before them the end of what lies below the first.
  mutating func intervals<Address: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ set: IntervalSet<Address>, into buffer: inout MessageBuffer
  ) throws(Unencodable) {
    let intervals = set.intervals
    guard let first = intervals.first, let last = intervals.last else { return }
    let width = MemoryLayout<Address>.size
    let startBytes = 12 + width
    let pairBytes = 2 * startBytes + 8
    buffer.reserve(intervals.count * pairBytes + intervals.count / 1000 * 80 + 4096)
    if first.lower != 0 {
      try element(key: Address.zero.networkBytes, isIntervalEnd: true, into: &buffer)
    }
    let closed = last.upper == .max ? intervals.count - 1 : intervals.count
    let perMessage = Self.chunkBytes / pairBytes
    var next = 0
    while next < closed {
      try open(&buffer)
      let count = min(perMessage, closed - next)
      buffer.fill(count * pairBytes) { bytes in
        var at = 0
        for interval in intervals[next..<(next + count)] {
          Self.storeStart(interval.lower, at: at, width: width, in: bytes)
          at += startBytes
          Self.storeEnd(interval.upper &+ 1, at: at, width: width, in: bytes)
          at += startBytes + 8
        }
      }
      next += count
      boundary(&buffer)
      if next < closed { close(&buffer) }
    }
    if closed < intervals.count {
      try element(key: last.lower.networkBytes, isOpen: true, into: &buffer)
    }
    close(&buffer)
  }

  /// Single addresses, for a set without intervals: every address of every interval.
  mutating func addresses<Address: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ set: IntervalSet<Address>, of name: String, into buffer: inout MessageBuffer
  ) throws(Unencodable) {
    let width = MemoryLayout<Address>.size
    let stride = 12 + width
    var total: Address = 0
    for interval in set.intervals {
      let span = interval.upper - interval.lower
      guard span < Self.addressLimit, total < Self.addressLimit else {
        throw Unencodable(reason: "set `\(name)` has too many single addresses")
      }
      total += span + 1
    }
    guard total > 0 else { return }
    buffer.reserve(Int(total) * stride + Int(total) / 1000 * 80 + 4096)
    let perMessage = Self.chunkBytes / stride
    var remaining = Int(total)
    var index = 0
    var address = set.intervals[0].lower
    while remaining > 0 {
      try open(&buffer)
      let count = min(perMessage, remaining)
      buffer.fill(count * stride) { bytes in
        for slot in 0..<count {
          Self.storeStart(address, at: slot * stride, width: width, in: bytes)
          if address == set.intervals[index].upper {
            index += 1
            if index < set.intervals.count { address = set.intervals[index].lower }
          } else {
            address += 1
          }
        }
      }
      remaining -= count
      close(&buffer)
    }
  }

  /// More single addresses than any set of the kernel's could be loaded with.
  private static var addressLimit: Int { 1 << 26 }

  private static func storeStart<Address: FixedWidthInteger>(
    _ value: Address, at offset: Int, width: Int, in bytes: UnsafeMutableRawBufferPointer
  ) {
    storeHeader(12 + width, 0x8001, at: offset, in: bytes)
    storeHeader(8 + width, 0x8001, at: offset + 4, in: bytes)
    storeHeader(4 + width, 1, at: offset + 8, in: bytes)
    bytes.storeBytes(of: value.bigEndian, toByteOffset: offset + 12, as: Address.self)
  }

  private static func storeEnd<Address: FixedWidthInteger>(
    _ value: Address, at offset: Int, width: Int, in bytes: UnsafeMutableRawBufferPointer
  ) {
    storeHeader(20 + width, 0x8001, at: offset, in: bytes)
    storeHeader(8, 3, at: offset + 4, in: bytes)
    bytes.storeBytes(of: UInt32(1).bigEndian, toByteOffset: offset + 8, as: UInt32.self)
    storeHeader(8 + width, 0x8001, at: offset + 12, in: bytes)
    storeHeader(4 + width, 1, at: offset + 16, in: bytes)
    bytes.storeBytes(of: value.bigEndian, toByteOffset: offset + 20, as: Address.self)
  }

  private static func storeHeader(
    _ length: Int, _ type: UInt16, at offset: Int, in bytes: UnsafeMutableRawBufferPointer
  ) {
    bytes.storeBytes(of: UInt16(length), toByteOffset: offset, as: UInt16.self)
    bytes.storeBytes(of: type, toByteOffset: offset + 2, as: UInt16.self)
  }
}
