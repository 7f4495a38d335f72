import Deployment
import Diagnostics
import Foundation
import Kernel
import Lowering
import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// What `apply --cut-closed` does to real connections.
@Suite(.serialized) struct CutClosedTests {
  private static let exemption = "- { from: 198.51.100.16/28, owner: acme, expires: 2100-01-01 }"
  private static let policy = """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"], networks: [pool], anti-spoofing: off }
    networks:
      pool: [198.51.100.0/24]
    inbound:
      - { name: shell, allow: ssh }
    forward:
      - { name: out, allow: any, from: clients, to: internet }
    smtp-egress:
      clients: [clients, pool]
      allow:
        \(exemption)
        - { from: 198.51.100.64/28, owner: beta, expires: 2100-01-01 }
    """
  private static let closed = policy.replacingOccurrences(of: exemption + "\n    ", with: "")

  private func lab(routes: [(prefix: String, interface: String)] = [("198.51.100.0/24", "bng1")])
    throws -> PacketLab
  {
    try lab(LabWiring(interfaces: ["eth0", "bng1", "bng2"], routes: routes))
  }

  private func lab(_ wiring: LabWiring) throws -> PacketLab {
    let lab = try PacketLab(wiring)
    try lab.routeByMainTable()
    return lab
  }

  private func apply(
    _ text: String, in lab: PacketLab, cut: Bool, dryRun: Bool = false
  ) throws -> (applied: Staged<Application.Report>, cut: FlowCut.Report?) {
    let compiled = try CompiledPolicy(text)
    var options = Application.Options()
    options.isDryRun = dryRun
    let application = Application(
      policy: compiled.policy, lowered: compiled.lowered, options: options)
    return try lab.machine.enter {
      let socket = try NetlinkSocket()
      let now = Timestamp(seconds: 1_764_087_062)
      if !cut { return (application.run(session: nil, now: now, transport: socket), nil) }
      return application.runCutting(
        session: nil, now: now, netfilter: socket, routes: try NetlinkSocket(.route))
    }
  }

  private func dial(
    _ lab: PacketLab, from client: String, port: UInt16, by interface: String = "bng1"
  ) throws -> LabConnection {
    let server = try lab.serveTCP(at: .world("203.0.113.9", by: "eth0"), port: port)
    let dialled = try lab.dial(
      from: .world(client, by: interface), to: "203.0.113.9", port: port, server: server)
    #expect(dialled.outcome == .answered)
    return try #require(dialled.connection)
  }

  @Test func theConnectionOfARemovedExemptionIsCutAndNoOther() throws {
    let lab = try lab()
    #expect(try apply(Self.policy, in: lab, cut: false).applied.value != nil)
    let acme = try dial(lab, from: "198.51.100.20", port: 25)
    let acmeWeb = try dial(lab, from: "198.51.100.20", port: 443)
    let beta = try dial(lab, from: "198.51.100.65", port: 25)
    let shellServer = try lab.serveTCP(at: .machine(), port: 22)
    let shell = try #require(
      try lab.dial(
        from: .world("203.0.113.77", by: "eth0"), to: "192.0.2.254", port: 22, server: shellServer
      ).connection)

    let planned = try apply(Self.closed, in: lab, cut: true, dryRun: true)
    #expect(planned.cut?.closed.map(\.entry.original.addresses.ends.source) == ["198.51.100.20"])
    #expect(planned.cut?.closed.first?.deletion == nil)
    #expect(acme.exchange() == .answered)

    let (applied, cut) = try apply(Self.closed, in: lab, cut: true)
    #expect(applied.value?.replaced == true)
    #expect(applied.diagnostics.map(\.message) == [])
    let report = try #require(cut)
    #expect(report.closed.count == 1)
    #expect(report.unclear == [])
    #expect(report.examined >= 4)
    let flow = try #require(report.closed.first)
    #expect(flow.words.hasPrefix("tcp 198.51.100.20:"))
    #expect(flow.words.hasSuffix(" -> 203.0.113.9:25"))
    #expect(flow.interfaces == "in bng1 out eth0")
    #expect(flow.deletion == .deleted)
    #expect(flow.allowedBy?.hasPrefix("the kernel's chain ") == true)
    #expect(flow.now?.verdict == .tcpReset)
    #expect(flow.now?.words == "the gate `smtp-egress`")

    #expect(acme.exchange(within: 200) == .silence)
    for connection in [acmeWeb, beta, shell] { #expect(connection.exchange() == .answered) }
  }

  /// Without --cut-closed it lives on.
  @Test func anEstablishedConnectionOutlivesAnApply() throws {
    let lab = try lab()
    _ = try apply(Self.policy, in: lab, cut: false)
    let acme = try dial(lab, from: "198.51.100.20", port: 25)
    _ = try apply(Self.closed, in: lab, cut: false)
    #expect(acme.exchange() == .answered)
    // And it is cut by no later apply, which closes nothing.
    let (_, cut) = try apply(Self.closed, in: lab, cut: true)
    #expect(cut?.closed == [])
    #expect(acme.exchange() == .answered)
  }

  private static func zoned(_ rule: String) -> String {
    """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: [bng1], networks: [pool], anti-spoofing: off }
      others: { kind: clients, interfaces: [bng2], anti-spoofing: off }
    networks: { pool: [198.51.100.0/24] }
    forward:
      - { name: others, allow: any, from: others, to: internet }
      \(rule)
    """
  }

  /// The zone says bng1, the route says bng2, and the policy decides otherwise for each.
  @Test func aConnectionWhoseZoneCannotBeToldIsListedAndLeft() throws {
    let lab = try lab(routes: [("198.51.100.0/24", "bng2")])
    _ = try apply(
      Self.zoned("- { name: clients, allow: any, from: clients, to: internet }"), in: lab,
      cut: false)
    let connection = try dial(lab, from: "198.51.100.20", port: 443, by: "bng2")
    let (_, cut) = try apply(Self.zoned(""), in: lab, cut: true)
    #expect(cut?.closed == [])
    #expect(cut?.unclear.map(\.interfaces) == ["in bng2 or bng1 out eth0"])
    #expect(connection.exchange() == .answered)
  }

  /// The same, where both zones are closed: then it does not matter which it is.
  @Test func aConnectionThatIsClosedOnEveryWayIsCut() throws {
    let lab = try lab(routes: [("198.51.100.0/24", "bng2")])
    let open = Self.zoned("- { name: clients, allow: any, from: clients, to: internet }")
    _ = try apply(open, in: lab, cut: false)
    let connection = try dial(lab, from: "198.51.100.20", port: 443, by: "bng2")
    let shut = Self.zoned("").replacingOccurrences(of: "allow: any", with: "deny: any")
    let (_, cut) = try apply(shut, in: lab, cut: true)
    #expect(cut?.closed.count == 1)
    #expect(connection.exchange(within: 200) == .silence)
  }

  /// Two ways out, of which a rule of routing chooses by the source.
  private static func twoWays(_ rule: String) -> String {
    """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      backup: { kind: outside, interfaces: [eth1] }
      clients: { kind: clients, interfaces: [bng1], networks: [pool], anti-spoofing: off }
    networks: { pool: [198.51.100.0/24] }
    forward:
      - { name: backup, allow: any, from: clients, to: backup }
      \(rule)
    """
  }
  private static let byInternet = "- { name: out, allow: any, from: clients, to: internet }"

  private func labOfTwoWays(_ selector: [String]) throws -> PacketLab {
    let lab = try lab(
      LabWiring(interfaces: ["eth0", "eth1", "bng1"], routes: [("198.51.100.0/24", "bng1")]))
    try lab.machine.run(["ip", "route", "add", "203.0.113.0/24", "dev", "eth1", "table", "77"])
    try lab.machine.run(["ip", "rule", "add"] + selector + ["lookup", "77"])
    return lab
  }

  /// The main table says eth0, which is closed; the client's packets leave by eth1.
  @Test func aConnectionGoesWhereTheRulesOfRoutingSendItsSource() throws {
    for selector in [["from", "198.51.100.16/28"], ["iif", "bng1", "to", "203.0.113.0/24"]] {
      let lab = try labOfTwoWays(selector)
      _ = try apply(Self.twoWays(Self.byInternet), in: lab, cut: false)
      let server = try lab.serveTCP(at: .world("203.0.113.9", by: "eth1"), port: 443)
      let connection = try #require(
        try lab.dial(
          from: .world("198.51.100.20", by: "bng1"), to: "203.0.113.9", port: 443, server: server
        ).connection)
      let (_, cut) = try apply(Self.twoWays(""), in: lab, cut: true)
      #expect(cut?.closed == [])
      #expect(cut?.unclear == [])
      #expect(connection.exchange() == .answered)
    }
  }

  @Test func aConnectionThatAMarkMayHaveRoutedIsListedAndLeft() throws {
    let lab = try labOfTwoWays(["fwmark", "7"])
    _ = try apply(Self.twoWays(Self.byInternet), in: lab, cut: false)
    let connection = try dial(lab, from: "198.51.100.20", port: 443)
    let (_, cut) = try apply(Self.twoWays(""), in: lab, cut: true)
    #expect(cut?.closed == [])
    #expect(cut?.unclear.count == 1)
    #expect(connection.exchange() == .answered)
  }

  /// After destination NAT the policy speaks of where a connection went, not of what was dialled.
  @Test func aTranslatedDestinationIsJudgedAsThePolicySeesIt() throws {
    let lab = try lab()
    try lab.load(
      """
      table ip nat {
        chain pre {
          type nat hook prerouting priority dstnat;
          ip daddr 203.0.113.200 tcp dport 2525 dnat to 203.0.113.9:25
        }
      }
      """)
    _ = try apply(Self.policy, in: lab, cut: false)
    let server = try lab.serveTCP(at: .world("203.0.113.9", by: "eth0"), port: 25)
    let dialled = try lab.dial(
      from: .world("198.51.100.20", by: "bng1"), to: "203.0.113.200", port: 2525, server: server)
    #expect(dialled.outcome == .answered)
    let (_, cut) = try apply(Self.closed, in: lab, cut: true)
    #expect(cut?.closed.map(\.entry.original.destinationPort) == [2525])
    #expect(dialled.connection?.exchange(within: 200) == .silence)
  }

  private static func host(inbound: String = "", outbound: String = "") -> String {
    """
    fwpolicy: 1
    name: box
    users: { mailer: 89 }
    defaults: { outbound: deny }
    inbound:
      - { name: web, allow: http }
      \(inbound)
    outbound:
      - { name: names, allow: dns }
      \(outbound)
    """
  }

  /// Of both families, to this machine and from it.
  @Test func whatComesInAndWhatGoesOutIsCutToo() throws {
    let lab = try lab(LabWiring(interfaces: ["eth0"]))
    _ = try apply(
      Self.host(
        inbound: "- { name: shell, allow: ssh }", outbound: "- { name: pages, allow: https }"),
      in: lab, cut: false)
    func connection(
      from client: LabEnd, at server: LabEnd, _ address: String, _ port: UInt16,
      _ family: AddressFamily = .ipv4
    ) throws -> LabConnection {
      let server = try lab.serveTCP(at: server, port: port, family: family)
      return try #require(
        try lab.dial(from: client, to: address, port: port, server: server).connection)
    }
    let stranger = LabEnd.world("2001:db8:9::1", by: "eth0")
    let shell = try connection(from: stranger, at: .machine(), "2001:db8:fe::fe", 22, .ipv6)
    let web = try connection(from: stranger, at: .machine(), "2001:db8:fe::fe", 80, .ipv6)
    let site = LabEnd.world("203.0.113.9", by: "eth0")
    let pages = try connection(from: .machine(), at: site, "203.0.113.9", 443)
    let names = try connection(from: .machine(), at: site, "203.0.113.9", 53)
    let (_, cut) = try apply(Self.host(), in: lab, cut: true)
    #expect(cut?.closed.map(\.ways.path.rawValue).sorted() == ["inbound", "outbound"])
    #expect(
      cut?.closed.compactMap(\.entry.original.destinationPort).sorted() == [22, 443])
    #expect(cut?.unclear == [])
    #expect(cut?.closed.allSatisfy { !$0.comesBack && $0.comesBackBy == nil } == true)
    for connection in [shell, pages] { #expect(connection.exchange(within: 200) == .silence) }
    for connection in [web, names] { #expect(connection.exchange() == .answered) }
  }

  /// A port is closed on a host that may send anything.
  ///
  /// Its server's next packet begins the connection anew, and that is said; one that is spoken to first
  /// is refused.
  @Test func whatTheOtherEndMaySendIsSaid() throws {
    let lab = try lab(LabWiring(interfaces: ["eth0"]))
    func policy(_ port: Int) -> String {
      """
      fwpolicy: 1
      name: talker
      zones: { internet: { kind: outside, interfaces: [eth0] } }
      inbound: [{ name: data, allow: tcp/\(port), from: internet }]
      """
    }
    _ = try apply(policy(2525), in: lab, cut: false)
    let server = try lab.serveTCP(at: .machine(), port: 2525)
    func connect() throws -> LabConnection {
      try #require(
        try lab.dial(
          from: .world("203.0.113.9", by: "eth0"), to: "192.0.2.254", port: 2525, server: server
        ).connection)
    }
    let (talking, listening) = (try connect(), try connect())
    let (_, cut) = try apply(policy(2626), in: lab, cut: true)
    let closed = try #require(cut?.closed)
    #expect(closed.count == 2 && closed.allSatisfy(\.comesBack))
    #expect(closed.first?.now?.words == "the inbound default")
    #expect(closed.first?.comesBackBy?.words == "the outbound default")
    #expect(closed.first?.deletion == .deleted)
    #expect(listening.exchange(within: 200) == .silence)
    #expect(talking.speaks())
    #expect(talking.exchange() == .answered)
  }

  /// Conntrack does not know who sends.
  @Test func aConnectionOfAnUnknownUserIsListedAndLeft() throws {
    let lab = try lab(LabWiring(interfaces: ["eth0"]))
    _ = try apply(
      Self.host(outbound: "- { name: pages, allow: https, user: mailer }"), in: lab, cut: false)
    let server = try lab.serveTCP(at: .world("203.0.113.9", by: "eth0"), port: 443)
    let dialled = try lab.dial(
      from: .machine(user: 89), to: "203.0.113.9", port: 443, server: server)
    #expect(dialled.outcome == .answered)
    let (_, cut) = try apply(Self.host(), in: lab, cut: true)
    #expect(cut?.closed == [])
    #expect(cut?.unclear.map(\.interfaces) == ["out eth0"])
    #expect(dialled.connection?.exchange() == .answered)
  }

  /// A rule that has expired closes nothing that a later apply of the same text could cut: the kernel's
  /// table does not let it in any more either.
  @Test func whatTheTableNoLongerLetsInIsNobodysToCut() throws {
    let lab = try lab()
    let expiring = Self.policy.replacingOccurrences(
      of: "expires: 2100-01-01", with: "expires: 2020-01-01")
    _ = try apply(Self.policy, in: lab, cut: false)
    let acme = try dial(lab, from: "198.51.100.20", port: 25)
    _ = try apply(expiring, in: lab, cut: false)
    let (_, cut) = try apply(Self.closed, in: lab, cut: true)
    #expect(cut?.closed == [])
    #expect(acme.exchange() == .answered)
  }

  @Test func withoutAKnownTableNothingIsCut() throws {
    let lab = try lab()
    let (applied, cut) = try apply(Self.closed, in: lab, cut: true)
    #expect(applied.value?.replaced == false)
    #expect(applied.diagnostics.map(\.code) == [.nothingCut])
    #expect(applied.diagnostics.first?.severity == .warning)
    #expect(cut == nil)
    // One that does what fwpolicy does not know is replaced, and nothing is cut.
    try lab.machine.run([
      "nft", "insert", "rule", "inet", "fwpolicy", "hook-input", "meta", "mark", "7", "accept",
    ])
    let (again, stillNothing) = try apply(Self.closed, in: lab, cut: true)
    #expect(again.value?.replaced == true)
    #expect(again.diagnostics.map(\.code).contains(.nothingCut))
    #expect(stillNothing == nil)
  }
}
