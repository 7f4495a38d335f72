import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let wideHelper = Check(
    "FW503", "wide-helper",
    summary: "a conntrack helper for strangers, or towards anywhere",
    explanation: """
      A helper reads what is said on a connection and opens ports for what it reads there: whoever may
      write on it chooses which. For strangers, or towards any server, that is a hole of their shape.
      Name both ends: the clients, and the servers that they use.

      It looks at rules that attach a helper by a service's name (`ftp`, `tftp`, `sip`). What is said on
      the connection is not seen. Sources: Secure use of iptables and connection tracking helpers
      (Netfilter project); CERT VU#260280.
      """,
    example: """
      fwpolicy: 1
      name: files
      role: host
      inbound:
        - name: downloads
          allow: tftp
          waive: { udp-amplifier: boot images for whoever asks }
      """,
    fixed: """
      fwpolicy: 1
      name: files
      role: host
      networks:
        lab: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: downloads, allow: tftp, from: lab }
      """,
    run: { context in
      try context.rulePlaces.compactMap { place in
        let rule = context.rule(at: place)
        guard rule.verdict == .allow, let helper = rule.helpers.first else { return nil }
        let internet = context.internet
        let fromStrangers =
          place.section != .outbound && rule.from.members.inside.isEmpty
          && rule.from.parts.contains { part in
            (part.zones.others || !Set(part.zones.zones).isDisjoint(with: internet.zones.zones))
              && !part.addresses.intersection(internet.addresses).isEmpty
          }
        let toAnywhere =
          place.section != .inbound && rule.to.members.inside.isEmpty
          && rule.to.parts.contains {
            $0.addresses.isAll(in: .ipv4) || $0.addresses.isAll(in: .ipv6)
          }
        guard fromStrangers || toAnywhere else { return nil }
        return Finding(
          "a helper must know both ends: `\(rule.name)` attaches `\(helper.helper.rawValue)` "
            + (fromStrangers ? "for strangers" : "towards anywhere"),
          at: context.span(ofRule: place),
          notes: [
            try context.example(
              ofHelper: helper, at: place, from: fromStrangers ? context.strangers : nil)
          ],
          help: [
            Diagnostic.Help(
              fromStrangers
                ? context.inOwnNames("name who may use it: `from: office`")
                : "name the servers under `to`"),
            Diagnostic.Help("or write the port, which attaches no helper"),
          ], waivers: rule.waivers)
      }
    })
}

extension CheckContext {
  /// A packet whose connection gets the helper; nil where earlier rules take all of them.
  fileprivate func example(
    ofHelper helper: HelperUse, at place: RulePlace, from: ResolvedEndpoint?
  ) throws(PacketSpaceError) -> String? {
    guard showsExample(for: "wide-helper") else { return nil }
    let set = try traffic(
      on: place.section.path, from: from ?? endpoint(), to: endpoint(), helper.service)
    return try example(of: set, acceptedBy: place)
  }
}
