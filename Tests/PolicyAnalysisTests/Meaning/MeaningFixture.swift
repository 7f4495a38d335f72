import Diagnostics
import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import Testing

// Hand-built policies and packets: nothing here goes through the parser or the resolver.

let nowhere = SourceSpan(file: SourceFileID(index: 0), start: 0, end: 0)

/// A span that tells one hand-built thing from another.
func span(_ number: Int) -> SourceSpan {
  SourceSpan(file: SourceFileID(index: 0), start: number, end: number + 1)
}

func addresses(_ texts: String...) -> AddressSet {
  texts.reduce(AddressSet()) { set, text in
    guard let spec = try? parseAddressLiteral(text) else {
      Issue.record("\(text) is no address")
      return set
    }
    return set.union(spec.addresses)
  }
}

/// Prefixes that stay as they are written.
func written(_ texts: String...) -> WrittenAddresses {
  .joining(texts.map { WrittenAddresses(addresses($0)) })
}

/// A row of the gate's inventory.
func subnet(
  _ prefix: String, _ answer: SubnetAnswer, _ name: String = "acme", expires: Int64? = nil,
  span: SourceSpan = nowhere
) -> Subnet {
  let literal = (try? parseAddressLiteral(prefix)) ?? .ipv4(.init(0, 0))
  guard let prefix = IPPrefix(literal) else { fatalError("\(prefix) is no prefix") }
  var subnet = Subnet(prefix: prefix, name: name, answer: answer, span: span)
  subnet.expires = expires.map { Timestamp(seconds: $0) }
  return subnet
}

func zone(
  _ name: String, _ interfaces: String..., kind: ZoneKind? = nil, networks: AddressSet? = nil,
  invalid: InvalidHandling = .deny, antiSpoofing: Set<AntiSpoofing> = []
) -> ResolvedZone {
  ResolvedZone(
    name: Located(name, nowhere),
    interfaces: interfaces.map {
      Located(
        InterfacePattern(
          stem: $0.hasSuffix("*") ? String($0.dropLast()) : $0, isWildcard: $0.hasSuffix("*")),
        nowhere)
    },
    kind: kind, networks: networks, invalid: invalid, antiSpoofing: antiSpoofing)
}

func router(_ zones: ResolvedZone...) -> ResolvedPolicy {
  var policy = ResolvedPolicy(name: "edge", role: .router, nameSpan: nowhere)
  policy.zones = zones
  policy.forward = ResolvedSection()
  return policy
}

func host() -> ResolvedPolicy { ResolvedPolicy(name: "mx1", role: .host, nameSpan: nowhere) }

/// Everywhere, on every interface of the given zones (all and the unzoned, unless told).
func endpoint(
  _ set: AddressSet = .any, zones: [Int] = Array(0..<8), others: Bool = true
) -> ResolvedEndpoint {
  ResolvedEndpoint(parts: [.init(zones: ZoneSet(zones: zones, others: others), addresses: set)])
}

func rule(
  _ name: String, _ verdict: RuleVerdict, _ service: ServiceSet = .any,
  from: ResolvedEndpoint = endpoint(), to: ResolvedEndpoint = endpoint(),
  _ change: (inout ResolvedRule) -> Void = { _ in }
) -> ResolvedRule {
  var rule = ResolvedRule(
    name: name, verdict: verdict, from: from, to: to, service: service, span: nowhere)
  change(&rule)
  return rule
}

func log(_ prefix: String) -> ResolvedLog {
  ResolvedLog(to: .kernel, rate: LogRate(count: 10, unit: .second), burst: 20, prefix: prefix)
}

/// A packet; the family is that of the addresses, which must agree.
func packet(
  _ path: Packet.Path, in input: String? = nil, out output: String? = nil,
  _ ipProtocol: IPProtocol = .tcp, from source: String = "203.0.113.9",
  to destination: String = "192.0.2.1", port: UInt16? = nil, icmp: UInt8? = nil,
  _ change: (inout Packet) -> Void = { _ in }
) -> Packet {
  let ends: Packet.Addresses
  if let a = IPv4Address(source), let b = IPv4Address(destination) {
    ends = .ipv4(source: a, destination: b)
  } else if let a = IPv6Address(source), let b = IPv6Address(destination) {
    ends = .ipv6(source: a, destination: b)
  } else {
    Issue.record("\(source) and \(destination) are not of one family")
    ends = .ipv4(source: IPv4Address(bits: 0), destination: IPv4Address(bits: 0))
  }
  var packet = Packet(
    path: path, inputInterface: path == .outbound ? nil : input ?? "eth0",
    outputInterface: path == .inbound ? nil : output ?? "eth0", addresses: ends,
    ipProtocol: ipProtocol)
  if ipProtocol.hasPorts {
    packet.sourcePort = 40000
    packet.destinationPort = port ?? 80
  }
  packet.icmpType = icmp
  packet.icmpCode = icmp.map { _ in 0 }
  change(&packet)
  return packet
}

extension ResolvedPolicy {
  /// What the policy does with a packet, as `verdict step decider`: `accept 7 allow-ssh`.
  func says(_ packet: Packet) -> String {
    let decision = PolicyMeaning(of: self).decide(packet)
    return [decision.verdict.rawValue, "\(decision.step.rawValue)", decision.decider?.name]
      .compactMap { $0 }.joined(separator: " ")
  }
}
