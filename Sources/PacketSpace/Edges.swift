/// The edges of one node, wherever they lie: an edge is the last value that it holds, and a child.
///
/// Ascending; the last one ends at the largest value; neighbours have different children.
struct Edges<Bound: FixedWidthInteger & UnsignedInteger> {
  let uppers: UnsafeMutablePointer<Bound>
  let children: UnsafeMutablePointer<UInt32>
  let count: Int

  static var bytesPerEdge: Int { MemoryLayout<Bound>.stride + MemoryLayout<UInt32>.stride }

  init(
    uppers: UnsafeMutablePointer<Bound>, children: UnsafeMutablePointer<UInt32>, count: Int
  ) {
    self.uppers = uppers
    self.children = children
    self.count = count
  }

  /// Edges in memory of their own: first all values, then all children.
  init(at memory: UnsafeMutableRawPointer, count: Int) {
    uppers = memory.assumingMemoryBound(to: Bound.self)
    children = (memory + count * MemoryLayout<Bound>.stride).assumingMemoryBound(to: UInt32.self)
    self.count = count
  }

  /// Puts a copy where `init(at:count:)` finds it.
  func copy(to memory: UnsafeMutableRawPointer) {
    memory.copyMemory(from: uppers, byteCount: count * MemoryLayout<Bound>.stride)
    (memory + count * MemoryLayout<Bound>.stride)
      .copyMemory(from: children, byteCount: count * MemoryLayout<UInt32>.stride)
  }

  func hash(_ dimension: Dimension) -> UInt64 {
    var hash = UInt64(dimension.rawValue)
    for index in 0..<count {
      let upper = uppers[index]
      let child = UInt64(children[index])
      if Bound.bitWidth == 32 {
        hash = Self.mixed(hash, UInt64(truncatingIfNeeded: upper) << 32 | child)
      } else {
        hash = Self.mixed(hash, UInt64(truncatingIfNeeded: upper >> 64) ^ child << 32)
        hash = Self.mixed(hash, UInt64(truncatingIfNeeded: upper) ^ child)
      }
    }
    return hash
  }

  @inline(__always)
  private static func mixed(_ hash: UInt64, _ value: UInt64) -> UInt64 {
    let product = (hash ^ value).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return (product.high ^ product.low) &+ 0xD6E8_FEB8_6659_FD93
  }

  func isEqual(to other: Edges) -> Bool {
    if count != other.count { return false }
    for index in 0..<count
    where uppers[index] != other.uppers[index] || children[index] != other.children[index] {
      return false
    }
    return true
  }
}
