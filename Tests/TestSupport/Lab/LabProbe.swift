import Foundation
import NetworkTypes
import PolicyAnalysis

/// The table that records which marks came by, where, and in which conntrack state.
///
/// It stands on both sides of the ruleset under test: `arrived` before it, `passed` after it, for
/// an accept goes on to the later chains.
enum LabProbe {
  static let table = "lab-probe"
  static let injected = "injected"

  static func arrived(_ path: Packet.Path) -> String { "arrived-\(path.rawValue)" }
  static func passed(_ path: Packet.Path) -> String { "passed-\(path.rawValue)" }
  static func state(_ state: Packet.ConntrackState) -> String { "state-\(state.rawValue)" }

  /// Loads a fresh probe, with empty sets, in place of an older one.
  static func ruleset(tables: [Int]) -> String {
    let names =
      [injected] + Packet.Path.allCases.flatMap { [arrived($0), passed($0)] }
      + Packet.ConntrackState.allCases.map { state($0) }
    let steering = tables.flatMap { table in
      [false, true].map { isUntracked in
        let source = PacketLab.steering(table: table, isUntracked: isUntracked)
        return "\(PacketLab.text(ofHardware: source)) : \(table)"
      }
    }
    return """
      table inet \(table)
      delete table inet \(table)
      table inet \(table) {
      \(names.map { "set \($0) { typeof @th,32,32; flags dynamic; size 65535; }" }.joined(separator: "\n"))
      chain steer {
        type filter hook prerouting priority -350; policy accept;
        meta mark set ether saddr map { \(steering.joined(separator: ", ")) }
        ether saddr & 00:00:ff:00:00:00 == 00:00:01:00:00:00 notrack
        \(record(injected))
      }
      chain tracked {
        type filter hook prerouting priority -199; policy accept;
        \(recordStates)
      }
      chain output-tracked {
        type filter hook output priority -150; policy accept;
        \(recordStates)
        \(record(arrived(.outbound)))
      }
      \(chain(.inbound, arrived(.inbound), priority: -150))
      \(chain(.forward, arrived(.forward), priority: -150))
      \(chain(.inbound, passed(.inbound), priority: 100))
      \(chain(.forward, passed(.forward), priority: 100))
      \(chain(.outbound, passed(.outbound), priority: 100))
      }

      """
  }

  /// The marks in each set, by the set's name.
  static func read(from json: String) throws -> [String: Set<UInt32>] {
    let root = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    var result: [String: Set<UInt32>] = [:]
    for entry in root?["nftables"] as? [[String: Any]] ?? [] {
      guard let set = entry["set"] as? [String: Any], let name = set["name"] as? String else {
        continue
      }
      let elements = set["elem"] as? [Any] ?? []
      result[name] = Set(
        elements.compactMap { ($0 as? NSNumber).map { UInt32(truncatingIfNeeded: $0.intValue) } })
    }
    return result
  }

  private static func chain(_ path: Packet.Path, _ set: String, priority: Int) -> String {
    let hook =
      switch path {
      case .inbound: "input"
      case .forward: "forward"
      case .outbound: "output"
      }
    return """
      chain \(set) {
        type filter hook \(hook) priority \(priority); policy accept;
        \(record(set))
      }
      """
  }

  private static var recordStates: String {
    Packet.ConntrackState.allCases.map { record(state($0), if: "ct state \($0.rawValue) ") }
      .joined(separator: "\n")
  }

  private static func record(_ set: String, if condition: String = "") -> String {
    let byPayload = FrameBuilder.protocolsMarkedByPayload.map { "\($0.number)" }
      .joined(separator: ", ")
    return """
      \(condition)meta l4proto { \(byPayload) } add @\(set) { @th,64,32 }
      \(condition)meta l4proto != { \(byPayload) } add @\(set) { @th,32,32 }
      """
  }
}
