/// What becomes of a packet: the verdict, and what else happens on the way.
///
/// Both meanings answer in these terms: what one calls the counter of a rule and the other the
/// object `count-x` is put into one name before they are compared.
package struct Outcome: Hashable, Sendable {
  package enum Verdict: String, Hashable, Sendable, CaseIterable {
    case accept
    case drop
    /// nftables: `reject with tcp reset`.
    case tcpReset = "tcp reset"
    /// nftables: `reject with icmpx admin-prohibited`.
    case icmpReject = "icmp reject"
  }

  package enum Effect: Hashable, Sendable {
    /// A log statement and its rate, which may still silence it; `group` is nil for the kernel log.
    case log(prefix: String, group: UInt16?, rate: UInt64, unitSeconds: UInt64, burst: UInt32)
    /// nftables: `counter name`.
    case counter(String)
    /// nftables: `counter name ip saddr map @m`: counted with the counter that the map has for the
    /// address.
    ///
    /// Which one that is, is the map's content: a function of the address alone, compared by itself.
    case counterMap(String, by: AddressSide)
    /// nftables: `update @s { ip saddr counter }`: recorded in a set, which may be full.
    case record(String)
    /// nftables: `ct helper set`, by the helper's type and transport (an IP protocol number).
    case helper(type: String, transport: UInt8)
    /// Takes from the room of a limiter, whatever it then says; its number is its dimension's.
    case limiter(Int)
  }

  package var verdict: Verdict
  /// In an order of their own, so that equal outcomes are equal; twice what happens twice.
  package private(set) var effects: [Effect]

  package init(_ verdict: Verdict, effects: [Effect] = []) {
    self.verdict = verdict
    self.effects = effects.sorted { $0.sortKey < $1.sortKey }
  }
}

extension Outcome.Effect: CustomStringConvertible {
  /// For example `counter smtp-egress`.
  package var description: String {
    switch self {
    case .log(let prefix, let group, let rate, let unitSeconds, let burst):
      let target = group.map { "group \($0)" } ?? "the kernel log"
      return "log \"\(prefix)\" to \(target), \(rate) in \(unitSeconds) s, burst \(burst)"
    case .counter(let name): return "counter \(name)"
    case .counterMap(let map, let side): return "counter of \(map) by \(side.rawValue)"
    case .record(let name): return "record in \(name)"
    case .helper(let type, let transport): return "helper \(type) (protocol \(transport))"
    case .limiter(let index): return "limiter \(index)"
    }
  }

  fileprivate var sortKey: String { description }
}

/// The meaning of numbers in a diagram: each value has one, whoever asks first.
package struct Numbering<Value: Hashable & Sendable>: Sendable {
  package private(set) var values: [Value]
  private var numbers: [Value: UInt32]

  package init() {
    values = []
    numbers = [:]
  }

  /// The number of a value, given now if it has none.
  package mutating func number(of value: Value) -> UInt32 {
    if let known = numbers[value] { return known }
    let number = UInt32(values.count)
    values.append(value)
    numbers[value] = number
    return number
  }

  package subscript(_ number: UInt32) -> Value { values[Int(number)] }
}
