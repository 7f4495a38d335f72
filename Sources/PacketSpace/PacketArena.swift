/// All diagrams of one analysis: an arena of canonical, shared nodes.
///
/// A node asks one dimension and has an edge for each run of values; the children ask later
/// dimensions only. Equal nodes are one node, a node whose edges agree does not exist, so functions
/// are compared by handle. Nothing is freed before the space is: no node is counted.
///
/// Not for two threads at once. Operations throw `outOfSpace` before memory runs away; the space is
/// still good for what it holds.
package final class PacketArena {
  /// 768 MB: enough for lists of a million prefixes, and for a process that may have one gigabyte.
  package static let defaultByteLimit = 768 << 20

  private(set) var nodes = NodeTable()
  private var memory = EdgeMemory()
  /// Edges of nodes that are being made.
  let narrow = EdgeStack<UInt32>()
  let wide = EdgeStack<UInt128>()
  var memo = OperationMemo()
  /// While an operation runs, no other one may begin.
  var isCombining = false
  private let byteLimit: Int
  private var edgeCount = 0

  package init(byteLimit: Int = PacketArena.defaultByteLimit) {
    self.byteLimit = byteLimit
  }

  /// How much there is, for figures.
  package var statistics: (nodes: Int, edges: Int, bytes: Int) {
    (nodes.count, edgeCount, bytes)
  }

  private var bytes: Int {
    memory.bytes + nodes.bytes + narrow.bytes + wide.bytes + memo.bytes
  }

  // MARK: Making nodes

  /// The node of the edges that stand above `base`, which it takes away.
  func make<Bound>(
    _ dimension: Dimension, _ stack: EdgeStack<Bound>, above base: Int
  ) throws(PacketSpaceError) -> Diagram {
    defer { stack.truncate(to: base) }
    let edges = stack.edges(above: base)
    if edges.count == 1 { return Diagram(bits: edges.children[0]) }
    let hash = edges.hash(dimension)
    if let known = nodes.index(of: edges, dimension, hash: hash) {
      return Diagram(bits: UInt32(known))
    }
    let size = edges.count * Edges<Bound>.bytesPerEdge
    try require(memory.growth(for: size) + nodes.growth)
    guard nodes.count < Int(Diagram.constantBit), let count = UInt32(exactly: edges.count) else {
      throw .outOfSpace(limit: byteLimit)
    }
    let place = memory.allocate(size)
    edges.copy(to: place)
    edgeCount += edges.count
    let node = Node(memory: place, hash: hash, edgeCount: count, dimension: dimension)
    return Diagram(bits: UInt32(nodes.append(node)))
  }

  /// Makes place for edges on a stack.
  @inline(__always)
  func reserve<Bound>(
    _ count: Int, on stack: EdgeStack<Bound>
  ) throws(PacketSpaceError) {
    if stack.count + count > stack.capacity { try grow(stack, for: count) }
  }

  private func grow<Bound>(
    _ stack: EdgeStack<Bound>, for count: Int
  ) throws(PacketSpaceError) {
    let capacity = max(stack.capacity * 2, stack.count + count)
    try require(capacity * Edges<Bound>.bytesPerEdge)
    stack.grow(to: capacity)
  }

  /// Keeps an answer of the operation that runs.
  @inline(__always)
  func remember(_ result: Diagram, for key: UInt64) throws(PacketSpaceError) {
    if memo.isFull {
      try require(memo.growth)
      memo.grow()
    }
    memo.insert(result.bits, for: key)
  }

  /// Whether so many bytes more are within the limit.
  private func require(_ more: Int) throws(PacketSpaceError) {
    if more > 0, bytes + more > byteLimit { throw .outOfSpace(limit: byteLimit) }
  }

  /// The node that a diagram is; it is not a constant.
  @inline(__always)
  func node(_ diagram: Diagram) -> Node {
    assert(diagram.bits < nodes.count, "a diagram is of this arena")
    return nodes[Int(diagram.bits)]
  }

  /// The dimension that a diagram asks first; nil for a constant.
  @inline(__always)
  func top(_ diagram: Diagram) -> Dimension? {
    diagram.isConstant ? nil : node(diagram).dimension
  }
}
