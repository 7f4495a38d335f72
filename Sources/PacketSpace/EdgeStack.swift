/// The edges of nodes that are being made, those of the innermost node on top.
///
/// Whoever appends has reserved: the arena asks for memory once for a node, not for each edge.
final class EdgeStack<Bound: FixedWidthInteger & UnsignedInteger> {
  private(set) var uppers: UnsafeMutablePointer<Bound>
  private(set) var children: UnsafeMutablePointer<UInt32>
  private(set) var count = 0
  private(set) var capacity: Int

  private static var smallest: Int { 256 }

  init() {
    capacity = Self.smallest
    uppers = .allocate(capacity: capacity)
    children = .allocate(capacity: capacity)
  }

  deinit {
    uppers.deallocate()
    children.deallocate()
  }

  var bytes: Int { capacity * Edges<Bound>.bytesPerEdge }

  /// The edges above `base`, until the next one is appended.
  func edges(above base: Int) -> Edges<Bound> {
    Edges(uppers: uppers + base, children: children + base, count: count - base)
  }

  /// Appends an edge above `base`, or widens the last one if it has the same child.
  @inline(__always)
  func extend(_ upper: Bound, _ child: UInt32, above base: Int) {
    if count > base, children[count - 1] == child {
      uppers[count - 1] = upper
      return
    }
    assert(count < capacity, "edges are reserved")
    uppers[count] = upper
    children[count] = child
    count += 1
  }

  func truncate(to length: Int) { count = length }

  /// Forgets all edges and gives back what a large node needed.
  func removeAll() {
    count = 0
    if capacity > Self.smallest { move(to: Self.smallest) }
  }

  func grow(to newCapacity: Int) { move(to: newCapacity) }

  private func move(to newCapacity: Int) {
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
