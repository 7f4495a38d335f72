import Kernel
import NetworkTypes
import Nftables
import PolicyAnalysis

/// What the kernel's table says of how a packet came past the gate for TCP 25, in its own words: of the
/// policy that it was made from nothing else is known.
struct FormerPass {
  /// A stretch of sources and the counter of its row.
  private struct Stretch {
    var lower: UInt128
    var upper: UInt128
    var counter: String
  }

  private var stretches: [AddressFamily: [Stretch]] = [:]
  /// Where each row was written, by its counter.
  private var places: [String: String] = [:]

  /// n log n in the rows that have a counter.
  init(_ table: Table?) {
    guard let table else { return }
    for set in table.sets where set.kind == .counterMap {
      guard case .tuples(let elements) = set.elements, let type = set.key.first,
        set.key.count == 1, type == .ipv4Address || type == .ipv6Address
      else { continue }
      var found: [Stretch] = []
      for element in elements {
        guard case .range(let lower, let upper)? = element.key.first,
          let counter = element.counter
        else { continue }
        found.append(Stretch(lower: lower, upper: upper, counter: counter))
      }
      found.sort { $0.lower < $1.lower }
      stretches[type == .ipv4Address ? .ipv4 : .ipv6] = found
    }
    for object in table.objects where object.name.hasPrefix(Self.rowCounter) {
      // The policy's name, then the place.
      let words = (object.comment ?? "").split(separator: " ", maxSplits: 1)
      if words.count == 2 { places[object.name] = String(words[1]) }
    }
  }

  private static let rowCounter = "subnet-"
  private static let passes = ["allow", "relays", "subnets", "users"]

  /// What let a packet past the gate on its way; nil of one that did not meet the gate.
  ///
  /// ``inventory row `acme` 198.51.100.16/28 (inventory/subnets.csv:8)`` where rows have counters; else
  /// the comment of the rule, which tells of all entries that it stands for.
  func words(of steps: [LiveRuleset.Step], source: Packet.Addresses) -> String? {
    let passed = steps.last { step in
      guard case .verdict(.return) = step.result, case .rule(_, _, _, let comment?) = step.place
      else { return false }
      return Self.passes.contains { comment.hasPrefix($0 + " ") }
    }
    guard let passed, case .rule(let chain, _, _, let comment?) = passed.place,
      chain.hasPrefix("gate-")
    else { return nil }
    if comment.hasPrefix("subnets "), let row = row(of: source) { return row }
    return "`smtp-egress.\(comment.prefix { $0 != " " })` ("
      + safeComment(String(comment.drop { $0 != " " }.dropFirst())) + ")"
  }

  /// The longest row that holds a source, by its counter `subnet-NAME-ADDRESS-LENGTH`.
  private func row(of addresses: Packet.Addresses) -> String? {
    let address: UInt128
    let family: AddressFamily
    switch addresses {
    case .ipv4(let source, _): (address, family) = (UInt128(source.bits), .ipv4)
    case .ipv6(let source, _): (address, family) = (source.bits, .ipv6)
    }
    guard let counter = counter(of: address, in: stretches[family] ?? []),
      counter.hasPrefix(Self.rowCounter)
    else { return nil }
    let parts = counter.dropFirst(Self.rowCounter.count).split(separator: "-")
    guard parts.count >= 3 else { return nil }
    let name = parts.dropLast(2).joined(separator: "-")
    let prefix = parts.suffix(2).joined(separator: "/")
    return "inventory row `\(name)` \(family == .ipv6 ? prefix.replacing("_", with: ":") : prefix)"
      + (places[counter].map { " (\(safeComment($0)))" } ?? "")
  }

  private func counter(of address: UInt128, in stretches: [Stretch]) -> String? {
    var low = 0
    var high = stretches.count
    while low < high {
      let middle = (low + high) / 2
      if stretches[middle].upper < address { low = middle + 1 } else { high = middle }
    }
    guard low < stretches.count, stretches[low].lower <= address else { return nil }
    return stretches[low].counter
  }
}
