/// The edges of all nodes of one width, one after another, and the edges of nodes in the making.
///
/// Plain memory: nodes are never freed one by one, so there is nothing to count. An edge is the last
/// value that it holds, and a child; a node's edges ascend and the last one ends at the largest
/// value.
struct EdgePool<Bound: FixedWidthInteger & UnsignedInteger>: ~Copyable {
  private(set) var uppers: UnsafeMutablePointer<Bound>
  private(set) var children: UnsafeMutablePointer<UInt32>
  private(set) var count = 0
  private var capacity = 256

  init() {
    uppers = .allocate(capacity: capacity)
    children = .allocate(capacity: capacity)
  }

  deinit {
    uppers.deallocate()
    children.deallocate()
  }

  static var bytesPerEdge: Int { MemoryLayout<Bound>.stride + MemoryLayout<UInt32>.stride }

  var bytes: Int { capacity * Self.bytesPerEdge }

  @inline(__always)
  mutating func append(_ upper: Bound, _ child: UInt32) {
    if count == capacity { grow(to: capacity * 2) }
    uppers[count] = upper
    children[count] = child
    count += 1
  }

  /// Appends an edge above `base`, or widens the last one if it has the same child.
  @inline(__always)
  mutating func extend(_ upper: Bound, _ child: UInt32, above base: Int) {
    if count > base, children[count - 1] == child {
      uppers[count - 1] = upper
    } else {
      append(upper, child)
    }
  }

  mutating func append(from other: borrowing EdgePool<Bound>, _ start: Int, _ length: Int) {
    if count + length > capacity { grow(to: Swift.max(capacity * 2, count + length)) }
    (uppers + count).update(from: other.uppers + start, count: length)
    (children + count).update(from: other.children + start, count: length)
    count += length
  }

  mutating func truncate(to length: Int) { count = length }

  private mutating func grow(to newCapacity: Int) {
    let newUppers = UnsafeMutablePointer<Bound>.allocate(capacity: newCapacity)
    let newChildren = UnsafeMutablePointer<UInt32>.allocate(capacity: newCapacity)
    newUppers.update(from: uppers, count: count)
    newChildren.update(from: children, count: count)
    uppers.deallocate()
    children.deallocate()
    uppers = newUppers
    children = newChildren
    capacity = newCapacity
  }
}
