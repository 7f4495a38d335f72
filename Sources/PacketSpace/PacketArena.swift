/// All diagrams of one analysis: an arena of canonical, shared nodes.
///
/// A node asks one dimension and has an edge for each run of values; the children ask later
/// dimensions only. Equal nodes are one node, a node whose edges agree does not exist, so functions
/// are compared by handle. Nothing is freed before the space is: no node is counted.
///
/// Not for two threads at once. Operations throw `outOfSpace` before memory runs away; the space is
/// still good for what it holds.
package final class PacketArena {
  struct Node {
    var dimension: Dimension
    /// Where its edges start, in the pool of its dimension's width.
    var start: Int
    var count: Int
    var hash: UInt64
  }

  /// 768 MB: enough for lists of a million prefixes, and for a process that may have one gigabyte.
  package static let defaultByteLimit = 768 << 20

  var nodes: ContiguousArray<Node> = []
  var narrow = EdgePool<UInt32>()
  var wide = EdgePool<UInt128>()
  /// Edges of nodes that are being made, a stack.
  var narrowScratch = EdgePool<UInt32>()
  var wideScratch = EdgePool<UInt128>()
  var memo = OperationMemo()
  let byteLimit: Int
  /// Open addressing, index of a node + 1; 0 is an empty place.
  private var table: ContiguousArray<UInt32>

  package init(byteLimit: Int = PacketArena.defaultByteLimit) {
    self.byteLimit = byteLimit
    table = ContiguousArray(repeating: 0, count: 1024)
  }

  /// How much there is, for figures.
  package var statistics: (nodes: Int, edges: Int, bytes: Int) {
    (nodes.count, narrow.count + wide.count, bytes)
  }

  private var bytes: Int {
    narrow.bytes + wide.bytes + narrowScratch.bytes + wideScratch.bytes + memo.bytes
      + nodes.capacity * MemoryLayout<Node>.stride + table.capacity * MemoryLayout<UInt32>.stride
  }

  // MARK: Making nodes

  /// The node of the edges that stand in scratch above `base`, which it takes away.
  func makeNarrow(_ dimension: Dimension, above base: Int) throws(PacketSpaceError) -> Diagram {
    defer { narrowScratch.truncate(to: base) }
    let count = narrowScratch.count - base
    if count == 1 { return Diagram(bits: narrowScratch.children[base]) }
    var hash = UInt64(dimension.rawValue)
    for index in base..<narrowScratch.count {
      hash = mixed(
        hash, UInt64(narrowScratch.uppers[index]) << 32 | UInt64(narrowScratch.children[index]))
    }
    var place = Int(truncatingIfNeeded: hash ^ hash >> 32) & (table.count - 1)
    while table[place] != 0 {
      let index = Int(table[place] - 1)
      let node = nodes[index]
      if node.hash == hash, node.dimension == dimension, node.count == count,
        sameEdges(narrow, node.start, narrowScratch, base, count)
      {
        return Diagram(bits: UInt32(index))
      }
      place = (place + 1) & (table.count - 1)
    }
    let start = narrow.count
    narrow.append(from: narrowScratch, base, count)
    return try add(Node(dimension: dimension, start: start, count: count, hash: hash), at: place)
  }

  /// The same for the wide dimensions.
  func makeWide(_ dimension: Dimension, above base: Int) throws(PacketSpaceError) -> Diagram {
    defer { wideScratch.truncate(to: base) }
    let count = wideScratch.count - base
    if count == 1 { return Diagram(bits: wideScratch.children[base]) }
    var hash = UInt64(dimension.rawValue)
    for index in base..<wideScratch.count {
      let upper = wideScratch.uppers[index]
      hash = mixed(hash, UInt64(truncatingIfNeeded: upper >> 64))
      hash = mixed(hash, UInt64(truncatingIfNeeded: upper))
      hash = mixed(hash, UInt64(wideScratch.children[index]))
    }
    var place = Int(truncatingIfNeeded: hash ^ hash >> 32) & (table.count - 1)
    while table[place] != 0 {
      let index = Int(table[place] - 1)
      let node = nodes[index]
      if node.hash == hash, node.dimension == dimension, node.count == count,
        sameEdges(wide, node.start, wideScratch, base, count)
      {
        return Diagram(bits: UInt32(index))
      }
      place = (place + 1) & (table.count - 1)
    }
    let start = wide.count
    wide.append(from: wideScratch, base, count)
    return try add(Node(dimension: dimension, start: start, count: count, hash: hash), at: place)
  }

  private func add(_ node: Node, at place: Int) throws(PacketSpaceError) -> Diagram {
    if bytes > byteLimit || nodes.count >= Int(Diagram.constantBit) - 1 {
      throw .outOfSpace(limit: byteLimit)
    }
    nodes.append(node)
    table[place] = UInt32(nodes.count)
    if nodes.count * 2 > table.count { growTable() }
    return Diagram(bits: UInt32(nodes.count - 1))
  }

  private func growTable() {
    var grown = ContiguousArray<UInt32>(repeating: 0, count: table.count * 2)
    let mask = grown.count - 1
    for index in nodes.indices {
      let hash = nodes[index].hash
      var place = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
      while grown[place] != 0 { place = (place + 1) & mask }
      grown[place] = UInt32(index + 1)
    }
    table = grown
  }

  /// The dimension that a diagram asks first; nil for a constant.
  @inline(__always)
  func top(_ diagram: Diagram) -> Dimension? {
    diagram.isConstant ? nil : nodes[Int(diagram.bits)].dimension
  }
}

@inline(__always)
private func mixed(_ hash: UInt64, _ value: UInt64) -> UInt64 {
  let product = (hash ^ value).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
  return product.high ^ product.low &+ 0xD6E8_FEB8_6659_FD93
}

@inline(__always)
private func sameEdges<Bound>(
  _ a: borrowing EdgePool<Bound>, _ aStart: Int, _ b: borrowing EdgePool<Bound>, _ bStart: Int,
  _ count: Int
) -> Bool {
  for index in 0..<count
  where a.uppers[aStart + index] != b.uppers[bStart + index]
    || a.children[aStart + index] != b.children[bStart + index]
  {
    return false
  }
  return true
}
