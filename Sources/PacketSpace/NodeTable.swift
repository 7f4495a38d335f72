/// One node: the dimension that it asks and where its edges lie.
struct Node {
  let memory: UnsafeMutableRawPointer
  let hash: UInt64
  let edgeCount: UInt32
  let dimension: Dimension

  @inline(__always)
  func edges<Bound>(of bound: Bound.Type = Bound.self) -> Edges<Bound> {
    assert(dimension.isWide == (Bound.bitWidth == 128))
    return Edges(at: memory, count: Int(edgeCount))
  }
}

/// All nodes by index, and by what they are.
struct NodeTable: ~Copyable {
  private var nodes: UnsafeMutablePointer<Node>
  private(set) var count = 0
  private var capacity = 512
  /// Open addressing: index of a node + 1, or 0; twice as many as the capacity of nodes.
  private var places: UnsafeMutablePointer<UInt32>
  private var mask: Int { capacity * 2 - 1 }

  init() {
    nodes = .allocate(capacity: capacity)
    places = .allocate(capacity: capacity * 2)
    places.initialize(repeating: 0, count: capacity * 2)
  }

  deinit {
    nodes.deallocate()
    places.deallocate()
  }

  private static func bytes(of capacity: Int) -> Int {
    capacity * (MemoryLayout<Node>.stride + 2 * MemoryLayout<UInt32>.stride)
  }

  var bytes: Int { Self.bytes(of: capacity) }

  /// How many bytes more one more node will take from the system.
  var growth: Int { count == capacity ? Self.bytes(of: capacity * 2) : 0 }

  @inline(__always)
  subscript(_ index: Int) -> Node { nodes[index] }

  @inline(__always)
  private static func firstPlace(of hash: UInt64, mask: Int) -> Int {
    Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
  }

  /// The index of the node with these edges.
  func index<Bound>(of edges: Edges<Bound>, _ dimension: Dimension, hash: UInt64) -> Int? {
    var place = Self.firstPlace(of: hash, mask: mask)
    while places[place] != 0 {
      let index = Int(places[place] - 1)
      let node = nodes[index]
      if node.hash == hash, node.dimension == dimension, node.edges().isEqual(to: edges) {
        return index
      }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Adds a node that is not there yet; its index.
  mutating func append(_ node: Node) -> Int {
    if count == capacity { grow() }
    nodes[count] = node
    count += 1
    put(count - 1)
    return count - 1
  }

  private func put(_ index: Int) {
    var place = Self.firstPlace(of: nodes[index].hash, mask: mask)
    while places[place] != 0 { place = (place + 1) & mask }
    places[place] = UInt32(index + 1)
  }

  private mutating func grow() {
    let grown = UnsafeMutablePointer<Node>.allocate(capacity: capacity * 2)
    grown.update(from: nodes, count: count)
    nodes.deallocate()
    places.deallocate()
    nodes = grown
    capacity *= 2
    places = .allocate(capacity: capacity * 2)
    places.initialize(repeating: 0, count: capacity * 2)
    for index in 0..<count { put(index) }
  }
}
