package import Nftables

/// A table as the kernel holds it, and where each part of it stands.
///
/// There is no policy's text: the origins of the table are places of the kernel's.
package struct KernelTable: Sendable {
  package var table: Table
  package var handle: UInt64
  /// How long what is said here holds.
  package var reading: RulesetReading
  /// Indexed by `Origin.index`.
  package private(set) var places: [KernelPlace] = []

  init(_ state: TableState, reading: RulesetReading) {
    handle = state.handle
    self.reading = reading
    places = [.table(state.name)]
    table = Table(name: state.name, comment: state.comment, origin: Origin(index: 0))
  }

  /// Where an object of the table stands.
  package func place(of origin: Origin) -> KernelPlace? {
    places.indices.contains(origin.index) ? places[origin.index] : nil
  }

  mutating func origin(of place: KernelPlace) -> Origin {
    places.append(place)
    return Origin(index: places.count - 1)
  }
}

/// A part of the kernel's ruleset, as a reader would find it in `nft -a list table`.
package enum KernelPlace: Hashable, Sendable, CustomStringConvertible {
  case table(String)
  case object(String)
  case set(String)
  case chain(String)
  /// `number` counts a chain's rules from 1; handles are the kernel's and stay with a rule.
  case rule(chain: String, number: Int, handle: UInt64, comment: String?)

  package var description: String {
    switch self {
    case .table(let name): "table \(safeComment(name))"
    case .object(let name): "object \(safeComment(name))"
    case .set(let name): "set \(safeComment(name))"
    case .chain(let name): "chain \(safeComment(name))"
    case .rule(let chain, let number, let handle, let comment):
      "chain \(safeComment(chain)) rule \(number) (handle \(handle)"
        + (comment.map { ", \(safeComment($0))" } ?? "") + ")"
    }
  }
}

/// Why a table could not be read back.
package enum TableReadError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The road to the kernel failed.
  case netlink(NetlinkError)
  /// The table does what the IR has no words for.
  case notUnderstood(Unknown)

  /// A part of the table that only a guess could interpret.
  package struct Unknown: Hashable, Sendable, CustomStringConvertible {
    package var place: KernelPlace
    /// Of a rule: the name of the expression, and its place in the rule from 1.
    package var expression: Expression?
    /// A clause that has the part as its subject: `has a policy that is not known`.
    package var reason: String

    package struct Expression: Hashable, Sendable {
      package var name: String
      package var number: Int
    }

    package var description: String {
      let part = expression.map { ": expression \($0.number), `\(safeComment($0.name))`," } ?? ""
      return "\(place)\(part) \(reason)"
    }
  }

  package var description: String {
    switch self {
    case .netlink(let error): error.description
    case .notUnderstood(let unknown): unknown.description
    }
  }
}
