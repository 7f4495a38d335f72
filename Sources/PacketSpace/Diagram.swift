/// A function from packets to numbers: a node of a decision diagram, by handle.
///
/// Diagrams are canonical: in one `PacketArena` two functions are equal exactly where their handles
/// are. A handle means nothing in another arena.
package struct Diagram: Hashable, Sendable {
  /// The top bit marks a constant, the others are its number; else the index of a node.
  @usableFromInline
  let bits: UInt32

  @inlinable
  init(bits: UInt32) { self.bits = bits }

  @usableFromInline
  static let constantBit: UInt32 = 1 << 31

  /// The function that answers one number to every packet; `value` is below 2³¹.
  @inlinable
  package static func constant(_ value: UInt32) -> Diagram {
    precondition(value < constantBit, "a constant has 31 bits")
    return Diagram(bits: value | constantBit)
  }

  /// The answer, where it is the same for every packet.
  @inlinable
  package var constant: UInt32? {
    bits & Self.constantBit != 0 ? bits & ~Self.constantBit : nil
  }

  @inlinable
  var isConstant: Bool { bits & Self.constantBit != 0 }
}

/// Why a diagram could not be built.
package enum PacketSpaceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The diagrams would take more memory than allowed; bytes.
  case outOfSpace(limit: Int)
  /// There are more limiters than can be told apart.
  case tooManyLimiters(limit: Int)
  /// There are more networks that are filled at run time than can be told apart.
  case tooManyNetworks(limit: Int)

  package var description: String {
    switch self {
    case .outOfSpace(let limit): "the diagrams of its packets need more than \(limit >> 20) MB"
    case .tooManyLimiters(let limit): "it has more than \(limit) limits"
    case .tooManyNetworks(let limit): "it has more than \(limit) dynamic networks"
    }
  }
}
