import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let dhcpv6RepliesBlocked = Check(
    "FW511", "dhcpv6-replies-blocked",
    summary: "a host that asks for addresses by DHCP and shuts out the answers over IPv6",
    explanation: """
      A DHCPv6 client asks a multicast group and is answered from a server's link-local address:
      conntrack does not know the answer for a reply, so that it needs a rule, UDP 546 from fe80::/10.
      Here a rule lets DHCP of IPv4 in, or the host's DHCPv6 requests out, and none the answers of IPv6,
      from fe80::/10. Router and neighbour discovery need no rule (order of decision, step 4).

      Whether there is a DHCPv6 server is not seen: a host with IPv4 only has nothing to gain from the
      rule and loses nothing by it. Source: RFC 8415 §5, §7.2.
      """,
    example: """
      fwpolicy: 1
      name: dhcp1
      role: host
      inbound:
        - { name: dhcp, allow: udp/68 }
      """,
    fixed: """
      fwpolicy: 1
      name: dhcp1
      role: host
      inbound:
        - { name: dhcp, allow: udp/68 }
        - { name: dhcpv6, allow: udp/546, from: "fe80::/10" }
      """,
    run: { context in
      guard context.policy.role == .host else { return [] }
      let everyone = context.endpoint()
      let linkLocal = context.endpoint(
        AddressSet(ipv6: IntervalSet([.init(0xfe80 << 112, (0xfec0 << 112) - 1)])))
      let answers = try context.traffic(
        on: .inbound, from: linkLocal, to: everyone, .port(.udp, 546))
      if try context.decisions(about: answers).contains(where: { $0.verdict == .accept }) {
        return []
      }
      let ipv4 = try context.only(
        .ipv4,
        of: try context.traffic(on: .inbound, from: everyone, to: everyone, .port(.udp, 68)))
      var places = try context.acceptingRules(of: ipv4)
      if context.policy.outboundDefault == .deny {
        places += try context.acceptingRules(
          of: try context.only(
            .ipv6,
            of: try context.traffic(on: .outbound, from: everyone, to: everyone, .port(.udp, 547))))
      }
      // A rule for every service is not about DHCP.
      guard let place = places.first(where: { !context.rule(at: $0).service.isAny }) else {
        return []
      }
      return [
        Finding(
          "a DHCP client needs its answers over IPv6, too: nothing lets UDP 546 in",
          at: context.span(ofRule: place), label: "DHCP is let through here",
          notes: [context.example(of: answers)],
          help: [Diagnostic.Help("add to `inbound`: `- { allow: udp/546, from: \"fe80::/10\" }`")],
          waivers: context.rule(at: place).waivers)
      ]
    })
}
