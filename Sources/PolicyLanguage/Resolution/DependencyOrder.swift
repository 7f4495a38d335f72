import Diagnostics

/// A reference from one declaration to another, and where it is written.
struct Reference {
  var target: Int
  var span: SourceSpan
}

/// An order in which every declaration stands after those it refers to, and the cycles in the way.
///
/// Iterative, so that a chain as long as the file cannot exhaust the stack. Linear in declarations
/// and references.
struct DependencyOrder {
  /// All declarations; those on a cycle, and what refers to them, stand somewhere.
  private(set) var order: [Int] = []
  /// Each cycle as its references in turn; a reference leads from the target of the one before it,
  /// the first from the target of the last.
  ///
  /// At most `cycleLimit` are kept.
  private(set) var cycles: [[Reference]] = []
  /// Whether a declaration stands on one of the cycles, kept or not.
  private(set) var isOnCycle: [Bool]

  static let cycleLimit = 20

  private enum Visit { case not, open, done }

  private struct Frame {
    var node: Int
    var next: Int
    /// How this declaration was reached.
    var through: Reference?
  }

  init(_ references: [[Reference]]) {
    isOnCycle = [Bool](repeating: false, count: references.count)
    var visits = [Visit](repeating: .not, count: references.count)
    for start in references.indices where visits[start] == .not {
      visits[start] = .open
      var path = [Frame(node: start, next: 0, through: nil)]
      while let frame = path.last {
        guard frame.next < references[frame.node].count else {
          visits[frame.node] = .done
          order.append(frame.node)
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let reference = references[frame.node][frame.next]
        switch visits[reference.target] {
        case .not:
          visits[reference.target] = .open
          path.append(Frame(node: reference.target, next: 0, through: reference))
        case .open:
          close(reference, path)
        case .done:
          break
        }
      }
    }
  }

  private mutating func close(_ reference: Reference, _ path: [Frame]) {
    isOnCycle[reference.target] = true
    guard cycles.count < DependencyOrder.cycleLimit,
      let first = path.lastIndex(where: { $0.node == reference.target })
    else { return }
    var cycle: [Reference] = []
    for frame in path[(first + 1)...] {
      isOnCycle[frame.node] = true
      if let through = frame.through { cycle.append(through) }
    }
    cycle.append(reference)
    cycles.append(cycle)
  }
}
