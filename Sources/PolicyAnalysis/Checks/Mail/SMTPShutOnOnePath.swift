import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let smtpShutOnOnePath = Check(
    "FW307", "smtp-shut-on-one-path", .error,
    summary: "a port-25 block for the host that its containers walk around, or the other way round",
    explanation: """
      What a host sends passes the output hook, what its containers send the forward hook. TCP 25 to the
      internet is shut here on one of the two and open on the other, so that the block holds for half of
      the machine. In `smtp-egress`, `clients` are the containers; the host's own traffic is governed
      where `users` or `relays` is given. It stands at what lacks the block: the containers' zone, or
      the gate.

      Shut for the containers counts only where the gate or a rule about the port says so: a default
      that denies them everything else, too, says nothing about mail. Containers that use the host's own
      network are not seen apart from it. Source: reports of blocks that were made in one hook only, of
      aerleon and of hosts with Docker.
      """,
    example: """
      fwpolicy: 1
      name: web1
      role: host
      zones:
        containers: { kind: containers, interfaces: [docker0], waive: { smtp-open-from-containers: a list server } }
      inbound:
        - { allow: [http, https], serves: web }
      outbound:
        - { name: no-mail, deny: smtp, log: true }
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      role: host
      zones:
        containers: { kind: containers, interfaces: [docker0] }
      inbound:
        - { allow: [http, https], serves: web }
      forward:
        - { name: no-container-mail, deny: smtp, from: containers, log: true }
      outbound:
        - { name: no-mail, deny: smtp, log: true }
      """,
    run: { context in
      guard let containers = try context.containersMail() else { return [] }
      let own = try context.traffic(
        on: .outbound, from: context.endpoint(), to: context.strangers, .port(.tcp, 25))
      let ofContainers = try context.decisions(about: containers)
      let ofHost = try context.decisions(about: own)
      if !ofHost.contains(where: { $0.verdict == .accept }) {
        let open = try context.acceptingRules(of: containers, where: { $0.gatePass == nil }).map {
          (context.span(ofRule: $0), context.rule(at: $0).waivers)
        }
        let isLeft = ofContainers.contains(where: \.leavesToOthers)
        let zone = context.zones { $0 == .containers }.first ?? 0
        let byDefault = (context.policy.zones[zone].name.span, context.waivers(ofZone: zone))
        let sent = try context.packets(of: containers) {
          $0.verdict == .accept && $0.gatePass == nil
        }
        return (open + (isLeft ? [byDefault] : [])).map { span, waivers in
          Finding(
            "a port-25 block must hold on both paths: the host's own mail is shut, and its containers "
              + "may send",
            at: span, notes: [context.example(of: sent)],
            help: [
              Diagnostic.Help(context.adviceToGovern(context.nameOfContainers))
            ], waivers: waivers)
        }
      }
      // Shut on purpose, for every container and nowhere on the host.
      let isShut = ofContainers.allSatisfy { $0.verdict != .accept || $0.gatePass != nil }
      let purpose = ofContainers.first { decision in
        decision.step == .smtpEgress
          || decision.decider.flatMap { context.place(ofRule: $0.name) }
            .map { !context.rule(at: $0).service.isAny } ?? false
      }
      guard isShut, let decider = purpose?.decider,
        ofHost.allSatisfy({ $0.verdict == .accept && $0.gatePass == nil })
      else { return [] }
      let place = context.place(ofRule: decider.name)
      return [
        Finding(
          "a port-25 block must hold on both paths: the containers' mail is shut, and the host may "
            + "send anywhere",
          at: place.map { context.span(ofRule: $0) } ?? context.policy.smtpEgress?.keySpan
            ?? decider.span,
          notes: [context.example(of: own)],
          help: [
            Diagnostic.Help(
              context.written.smtpEgress == nil
                ? "shut the host's own, too: `- { deny: smtp, log: true }` in `outbound`"
                : "shut the host's own, too: `users: []` in `smtp-egress`, or those who may send")
          ],
          waivers: (place.map { context.rule(at: $0).waivers } ?? [])
            + (context.written.smtpEgress?.waivers ?? []))
      ]
    })
}

extension CheckContext {
  /// The first zone of containers.
  var nameOfContainers: String {
    zones { $0 == .containers }.first.map { policy.zones[$0].name.value } ?? "containers"
  }

  /// What a host's containers may want to send to port 25 of the internet; nil without containers.
  func containersMail() throws(PacketSpaceError) -> PacketSet? {
    let containers = zones { $0 == .containers }
    guard policy.role == .host, policy.forward != nil, !containers.isEmpty else { return nil }
    return try traffic(
      on: .forward, from: endpoint(in: ZoneSet(zones: containers, others: false)), to: strangers,
      .port(.tcp, 25))
  }
}
