import NetworkTypes
import PacketSpace

/// Which ports a function's answers are given for, whatever else a packet is.
///
/// One walk over the nodes in place of a question for every port. Answer 0 is left out.
struct PortSummary {
  let arena: PacketArena
  /// The port that counts: where packets go to, or what was dialled.
  let port: Dimension

  private var known: [Key: [UInt32: PortSet]] = [:]

  private struct Key: Hashable {
    var diagram: Diagram
    var ipProtocol: IPProtocol?
  }

  init(_ arena: PacketArena, by port: Dimension) {
    self.arena = arena
    self.port = port
  }

  /// By answer.
  mutating func ports(of diagram: Diagram) -> [UInt32: PortSet] { ports(of: diagram, nil) }

  private mutating func ports(of diagram: Diagram, _ ipProtocol: IPProtocol?) -> [UInt32: PortSet] {
    if let answer = diagram.constant {
      if answer == 0 { return [:] }
      switch ipProtocol {
      case .tcp: return [answer: PortSet(tcp: .all)]
      case .udp: return [answer: PortSet(udp: .all)]
      default: return [answer: PortSet(tcp: .all, udp: .all)]
      }
    }
    let key = Key(diagram: diagram, ipProtocol: ipProtocol)
    if let ports = known[key] { return ports }
    var result: [UInt32: PortSet] = [:]
    switch arena.dimension(of: diagram) {
    case .ipProtocol?:
      for transport in [IPProtocol.tcp, .udp] {
        let child = arena.child(of: diagram, at: UInt128(transport.number))
        result.merge(ports(of: child, transport)) { $0.union($1) }
      }
    case port?:
      for (child, values) in arena.groups(of: diagram) {
        guard case .narrow(let values) = values else { continue }
        let wanted = Self.ports(values)
        for (answer, set) in ports(of: child, ipProtocol) {
          let set = set.intersection(PortSet(tcp: wanted, udp: wanted))
          if !set.isEmpty { result[answer] = result[answer]?.union(set) ?? set }
        }
      }
    default:
      for child in arena.children(of: diagram) {
        result.merge(ports(of: child, ipProtocol)) { $0 == $1 ? $0 : $0.union($1) }
      }
    }
    known[key] = result
    return result
  }

  private static func ports(_ values: IntervalSet<UInt32>) -> IntervalSet<UInt16> {
    IntervalSet(
      values.intervals.compactMap {
        $0.lower > 65535 ? nil : .init(UInt16($0.lower), UInt16(min($0.upper, 65535)))
      })
  }
}
