import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let unsolicitedMailReplies = Check(
    "FW319", "unsolicited-mail-replies",
    summary: "answers of mail servers that reach clients whose port 25 is shut",
    explanation: """
      A spammer with a fast line sends mail with the source address of an infected client whose own
      port 25 is shut; the answers go to the client, which tells the spammer what was said. The client
      never opens port 25, so that its block sees nothing. A router that follows connections stops the
      answers: one without its question is `invalid`, and denied. With `invalid: continue`, and a rule
      that lets the internet reach the clients, they pass.

      Clients as of `open-smtp-egress`, whose TCP 25 no rule opens; answers are TCP from port 25. A
      policy cannot ask for a source port: where paths are asymmetric and `continue` has to stay, narrow
      the rule, or filter source port 25 in another router and say so in a waiver. Whether the client
      takes part is not seen. Source: Z. Qian, Z. M. Mao, Y. Xie and F. Yu, "Investigation of Triangular
      Spamming: A Stealthy and Efficient Spamming Technique", IEEE S&P 2010.
      """,
    example: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0], invalid: continue }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { deny: any, from: { zone: internet, network: special-use } }
        - { name: in, allow: any, from: internet, to: clients }
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
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
        - { deny: any, from: { zone: internet, network: special-use } }
        - { name: in, allow: any, from: internet, to: clients }
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
      """,
    run: { context in
      guard context.policy.role == .router, context.policy.forward != nil else { return [] }
      let careless = context.zonesThatContinue
      if careless.zones.isEmpty, !careless.others { return [] }
      let shut = try context.clientsWithoutMail()
      var findings: [Finding] = []
      for index in careless.zones {
        let zone = context.policy.zones[index]
        findings += try context.mailReplies(
          by: ZoneSet(zones: [index], others: false), named: "`\(zone.name.value)`", to: shut,
          at: zone.name.span, help: "`invalid: deny` in zone `\(zone.name.value)`",
          waivers: context.waivers(ofZone: index))
      }
      if careless.others {
        findings += try context.mailReplies(
          by: ZoneSet(zones: [], others: true), named: "an interface of no zone", to: shut,
          at: context.written.defaults.invalid?.span ?? context.policy.nameSpan,
          help: "`invalid: deny` under `defaults`", waivers: [])
      }
      return findings
    })
}

extension CheckContext {
  /// Where the internet comes in and what conntrack calls invalid goes on to the rules.
  fileprivate var zonesThatContinue: ZoneSet {
    ZoneSet(
      zones: internet.zones.zones.filter { policy.zones[$0].invalid == .continue },
      others: internet.zones.others && policy.invalid == .continue)
  }

  /// Clients who may open TCP 25 to none of the internet, but for what the gate lets pass.
  fileprivate func clientsWithoutMail() throws(PacketSpaceError) -> [ClientGroup] {
    var shut: [ClientGroup] = []
    for clients in clientGroups {
      let mail = try traffic(on: .forward, from: clients.from, to: strangers, .port(.tcp, 25))
      if try acceptingRules(of: mail, where: { $0.gatePass == nil }).isEmpty {
        shut.append(clients)
      }
    }
    return shut
  }

  /// One finding for a way in, however many clients and rules.
  fileprivate func mailReplies(
    by zones: ZoneSet, named name: String, to clients: [ClientGroup], at span: SourceSpan,
    help: String, waivers: [Waiver]
  ) throws(PacketSpaceError) -> [Finding] {
    let fromMail = try arena.set(.sourcePort, IntervalSet<UInt32>(25))
    for group in clients {
      var selection = TrafficSelection(
        on: .forward, from: endpoint(internet.addresses, in: zones), to: group.from,
        service: PortSet(tcp: .all).service)
      selection.states = [.invalid]
      selection.asOf = dateOfCheck
      let replies = try arena.intersection(try packets(of: selection), fromMail)
      let rules = try acceptingRules(of: replies)
      guard let first = rules.first else { continue }
      return [
        Finding(
          "answers of mail servers must not reach clients whose port 25 is shut: \(name) lets "
            + "invalid packets go on, and `\(rule(at: first).name)` lets them in to "
            + group.description,
          at: span,
          secondary: rules.prefix(3).map {
            Diagnostic.Label(self.span(ofRule: $0), "lets them in")
          },
          notes: [try example(of: replies, acceptedBy: first)],
          help: [
            Diagnostic.Help(help),
            Diagnostic.Help("or narrow `\(rule(at: first).name)` to what clients really offer"),
          ], waivers: waivers + rule(at: first).waivers)
      ]
    }
    return []
  }
}
