import Diagnostics
import PolicyLanguage

extension Check {
  static let unusedNetwork = Check(
    "FW207", "unused-network",
    summary: "a network that nothing names",
    explanation: """
      No rule, zone, gate, test or other network names it. Whoever adds an address to it expects that
      something happens; and a rule that should name it may name another.

      Only networks of the policy's own file are looked at: what several policies include, one may leave
      aside. A network that only an unused one names is used. A `class` alone is no use: checks read it,
      no rule does. What other programs read the file for is not seen, and as a name is at fault no
      packet shows it. Source: conventions of this program.
      """,
    example: """
      fwpolicy: 1
      name: web1
      networks:
        noc: [192.0.2.0/28]
        office: [198.51.100.0/24]
      inbound:
        - { allow: ssh, from: noc }
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      networks:
        noc: [192.0.2.0/28]
        office: [198.51.100.0/24]
      inbound:
        - { allow: ssh, from: [noc, office] }
      """,
    run: { context in
      let uses = context.nameUses
      return context.written.networks.filter {
        !uses.endpoints.contains($0.name.value) && context.isOwn($0.name.span)
      }.map { network in
        Finding(
          "a network should be used: nothing names `\(network.name.value)`", at: network.name.span,
          help: [.init("name it where it is meant, or remove it")], waivers: network.waivers)
      }
    })
}
