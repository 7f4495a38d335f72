import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let smtpOpenFromContainers = Check(
    "FW306", "smtp-open-from-containers",
    summary: "containers that may open TCP 25 to the internet",
    explanation: """
      A web application in a container that is broken into sends spam, directly and from your address.
      Containers hand in mail to a relay, on 587 or on 25 of the host; name the containers in
      `smtp-egress`, with the relay.

      A container that is itself a mail server wants a waiver. Other ports that a remote server takes
      mail on are not seen. Sources: M3AAWG, Managing Port 25; the reports of hosts listed for their
      containers' mail.
      """,
    example: """
      fwpolicy: 1
      name: web1
      role: host
      zones:
        containers: { kind: containers, interfaces: [docker0] }
      inbound:
        - { allow: [http, https], serves: web }
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      role: host
      zones:
        containers: { kind: containers, interfaces: [docker0] }
      inbound:
        - { allow: [http, https], serves: web }
      smtp-egress:
        clients: containers
        relays: [192.0.2.25]
      """,
    run: { context in
      guard let mail = try context.containersMail() else { return [] }
      let help = [
        Diagnostic.Help(context.adviceToGovern(context.nameOfContainers)),
        Diagnostic.Help("or say why it is meant: `waive: { smtp-open-from-containers: \"…\" }`"),
      ]
      let message = "containers must not open TCP 25 to the internet"
      let findings = try context.acceptingRules(of: mail, where: { $0.gatePass == nil }).map {
        place in
        Finding(
          "\(message): `\(context.rule(at: place).name)` lets them",
          at: context.span(ofRule: place),
          notes: [try context.example(of: mail, acceptedBy: place)], help: help,
          waivers: context.rule(at: place).waivers)
      }
      let left = try context.packets(of: mail) { $0.leavesToOthers }
      guard !left.isEmpty, let zone = context.zones({ $0 == .containers }).first else {
        return findings
      }
      return findings + [
        Finding(
          "\(message): nothing stops them", at: context.policy.zones[zone].name.span,
          notes: [
            context.example(of: left), "what no rule of `forward` denies is left to other tables",
          ], help: help, waivers: context.waivers(ofZone: zone))
      ]
    })
}

extension Decision {
  /// Whether a host's containers may do it because nothing forbids it.
  var leavesToOthers: Bool { verdict == .accept && step == .sectionDefault && gatePass == nil }
}
