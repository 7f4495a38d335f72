import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let silentSMTPBlock = Check(
    "FW314", "silent-smtp-block",
    summary: "a port-25 block that neither logs nor counts",
    explanation: """
      Who tries port 25 and should not is most often infected: the block is the best detector a
      provider has, and this one tells nobody. The gate logs, at a bounded rate, and counts unless it
      is told not to: take `log: none` or `count: none` away. A `deny` or `reject` that stops clients,
      or this machine, on port 25 does neither unless it says `log: true` or `count: true`.

      A rule about every service is no port-25 block, and who reads the log cannot be seen from here.

      Sources: the recipe of ISPs to log the sources of blocked mail (NANOG 2010); CGI.br on
      traceability.
      """,
    example: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
        log: none
        count: none
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
      """,
    run: { context in
      var findings: [Finding] = []
      if let gate = context.policy.smtpEgress, gate.log == nil, !gate.counts {
        findings.append(
          Finding(
            "a port-25 block must log or count what it stops", at: gate.keySpan,
            notes: [try context.exampleOfStoppedMail()],
            help: [Diagnostic.Help("take away `log: none` or `count: none`")],
            waivers: context.written.smtpEgress?.waivers ?? []))
      }
      for (place, example) in try context.silentSMTPDenials() {
        let rule = context.rule(at: place)
        findings.append(
          Finding(
            "a port-25 block must log or count what it stops: `\(rule.name)` does neither",
            at: context.span(ofRule: place), notes: [example],
            help: [Diagnostic.Help("add `log: true`, or `count: true`")], waivers: rule.waivers))
      }
      return findings
    })
}

extension CheckContext {
  /// Rules that refuse TCP 25 of clients or of this machine, and of which nothing tells.
  fileprivate func silentSMTPDenials() throws -> [(RulePlace, String?)] {
    var sent = try clientGroups.map {
      try traffic(on: .forward, from: $0.from, to: strangers, .port(.tcp, 25))
    }
    sent.append(try traffic(on: .outbound, from: endpoint(), to: strangers, .port(.tcp, 25)))
    let mail = try arena.union(sent)
    var found: [RulePlace: String?] = [:]
    for decision in try decisions(about: mail) {
      guard decision.verdict != .accept, decision.step == .rules, decision.log == nil,
        decision.counter == nil, let name = decision.decider?.name,
        let place = place(ofRule: name), !rule(at: place).service.isAny
      else { continue }
      found[place] = example(of: try packets(of: mail) { $0.decider?.name == name })
    }
    return found.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
  }
}
