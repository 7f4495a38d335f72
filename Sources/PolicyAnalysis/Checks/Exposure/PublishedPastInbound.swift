import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let publishedPastInbound = Check(
    "FW408", "published-past-inbound",
    summary: "a container's published port that the rules of `inbound` seem to close",
    explanation: """
      What is published to a container is translated and then forwarded: the rules of `inbound` are
      never asked. Here a rule of `inbound` denies strangers a port, or allows it only to some, and
      the same port is published to a container for everybody: whoever reads `inbound` takes it for
      closed.

      It compares the port that is dialled with the ports of `inbound`'s rules; a rule for every
      service is not taken as speaking of the port. Source: the many reports of databases found open
      behind Docker's own rules; Docker's documentation on packet filtering and firewalls.
      """,
    example: """
      fwpolicy: 1
      name: web1
      role: host
      zones:
        containers: { kind: containers, interfaces: [docker0] }
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: admin, allow: tcp/8443, from: office }
      forward:
        - { name: admin-container, allow: any, to: containers, published: tcp/8443 }
        - { deny: any, to: containers }
      smtp-egress:
        clients: containers
        relays: [192.0.2.25]
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      role: host
      zones:
        containers: { kind: containers, interfaces: [docker0] }
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      forward:
        - { name: admin-container, allow: any, from: office, to: containers, published: tcp/8443 }
        - { deny: any, to: containers }
      smtp-egress:
        clients: containers
        relays: [192.0.2.25]
      """,
    run: { context in
      let inbound = try context.openings().filter { $0.way == .inbound }
        .reduce(PortSet(tcp: [], udp: [])) { $0.union($1.allPorts) }
      return try context.exposures(of: PortSet(tcp: .all, udp: .all)).compactMap { exposure in
        guard exposure.ways.contains(.published) else { return nil }
        let closed = exposure.ports.subtracting(inbound)
        // The rules that a reader would take for the answer.
        let speaking = context.rulePlaces.filter {
          $0.section == .inbound && !context.rule(at: $0).service.isAny
            && !PortSet(of: context.rule(at: $0).service).intersection(closed).isEmpty
        }
        guard let first = speaking.first else { return nil }
        let ports = PortSet(of: context.rule(at: first).service).intersection(closed)
        let rule = context.rule(at: exposure.place)
        return Finding(
          "a published port must not seem closed: `\(rule.name)` opens \(ports.words) that "
            + "`\(context.rule(at: first).name)` keeps from strangers",
          at: context.span(ofRule: exposure.place), label: "everybody reaches the container",
          secondary: speaking.prefix(3).map {
            Diagnostic.Label(
              context.span(ofRule: $0), "this is asked of the machine's own ports only")
          },
          notes: [try context.example(of: exposure)],
          help: [
            Diagnostic.Help("repeat the answer for the container: `from:` on `\(rule.name)`"),
            Diagnostic.Help("or remove the rule of `inbound`, which answers nobody"),
          ], waivers: rule.waivers)
      }
    })
}
