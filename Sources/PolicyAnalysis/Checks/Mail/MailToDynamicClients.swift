import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let mailToDynamicClients = Check(
    "FW316", "mail-to-dynamic-clients", .note,
    summary: "mail from the internet let in to dynamic or residential addresses",
    explanation: """
      Behind a dynamic or residential address nobody runs the MX of a domain; what listens on port 25
      there is a misconfigured device or somebody's open relay. Several access providers shut the port
      inward as well as outward.

      It looks at networks of class `residential` and `dynamic` behind the zones that hold them, whatever
      rule lets the mail in. Addresses of no such class are not looked at, nor is what listens there.
      Sources: the port tables of Cox and Bell MTS (25, "both"); M3AAWG, Managing Port 25.
      """,
    example: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        homes: { interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      networks:
        pool: { of: [198.51.100.0/24, 2001:db8:1::/48], class: dynamic }
      forward:
        - { name: mail-in, allow: smtp, from: { zone: internet, except: special-use }, to: pool, serves: mx }
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        homes: { interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      networks:
        pool: { of: [198.51.100.0/24, 2001:db8:1::/48], class: dynamic }
      forward:
        - { name: web-in, allow: https, from: { zone: internet, except: special-use }, to: pool }
      """,
    run: { context in
      guard context.policy.role == .router, context.policy.forward != nil else { return [] }
      var findings: [Finding] = []
      for network in context.policy.networks
      where network.networkClass?.isOfClients == true {
        let behind = context.zones(
          holding: network.addresses, among: context.zones { $0 != .outside })
        if behind.isEmpty { continue }
        let inside = ZoneSet(zones: behind, others: false)
        let mail = try context.traffic(
          on: .forward, from: context.strangers,
          to: context.endpoint(network.addresses, in: inside),
          .port(.tcp, 25))
        for place in try context.acceptingRules(of: mail) {
          findings.append(
            Finding(
              "mail from the internet should not reach clients: `\(context.rule(at: place).name)` lets "
                + "it in to `\(network.name.value)`",
              at: context.span(ofRule: place),
              secondary: [
                Diagnostic.Label(
                  network.name.span, "\(network.networkClass?.rawValue ?? "") addresses")
              ],
              notes: [try context.example(of: mail, acceptedBy: place)],
              help: [
                Diagnostic.Help(
                  "before it: `- { deny: smtp, to: \(network.name.value) }`")
              ], waivers: context.rule(at: place).waivers))
        }
      }
      return findings
    })
}
