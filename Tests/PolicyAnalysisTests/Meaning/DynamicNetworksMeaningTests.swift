import Compiler
import NetworkTypes
import PacketSpace
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// What is in a network that is filled at run time is unknown, and everything that is said holds
/// whatever it is.
@Suite struct DynamicNetworksMeaningTests {
  private static func router(
    _ rules: String..., networks: String = "quarantine: { dynamic: {} }", rest: String = ""
  ) -> String {
    """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
    networks:
      guests: { dynamic: {} }
      \(networks)
    inbound:
      - { allow: ssh, from: guests }
    forward:
    \(rules.map { "  - \($0)" }.joined(separator: "\n"))
      - { name: out, allow: any, from: clients, to: internet }
    smtp-egress:
      clients: clients
      allow: [{ from: 198.51.100.16/28, owner: acme }]
    \(rest)
    """
  }

  private static func policy(_ text: String) throws -> ResolvedPolicy {
    try #require(compile("p.yaml", provider: MemoryProvider(["p.yaml": text])).policy)
  }

  private static func mail(from source: UInt32, port: UInt16 = 25) -> Packet {
    var packet = Packet(
      path: .forward, inputInterface: "bng1", outputInterface: "eth0",
      addresses: .ipv4(
        source: IPv4Address(bits: source), destination: IPv4Address(bits: 0xCB00_7107)),
      ipProtocol: .tcp)
    packet.sourcePort = 40000
    packet.destinationPort = port
    return packet
  }

  @Test func aQuarantinedCustomerIsStoppedWhateverExemptionItHolds() throws {
    let policy = try Self.policy(Self.router("{ name: q, deny: smtp, from: quarantine }"))
    let meaning = PolicyMeaning(of: policy)
    var exempt = Self.mail(from: 0xC633_6411)
    #expect(meaning.decide(exempt).verdict == .accept)
    exempt.sourceNetworks = ["quarantine"]
    #expect(meaning.decide(exempt).verdict == .drop)
    #expect(meaning.decide(exempt).decider?.name == "q")
    #expect(exempt.description.hasSuffix("(new, source in quarantine)"))
    // Its other traffic goes on, and what is established.
    var web = Self.mail(from: 0xC633_6411, port: 443)
    web.sourceNetworks = ["quarantine"]
    #expect(meaning.decide(web).verdict == .accept)
    exempt.state = .established
    #expect(meaning.decide(exempt).verdict == .accept)
    // Who may not anyway is stopped by the gate.
    #expect(meaning.decide(Self.mail(from: 0xC633_6477)).step == .smtpEgress)
  }

  @Test(arguments: [
    "{ deny: any, from: quarantine }", "{ deny: any, to: quarantine }",
    "{ deny: any, from: { zone: clients, network: quarantine } }",
    "{ allow: https, from: { zone: clients, except: quarantine }, to: guests }",
    "{ reject: [smtp, https], from: { network: guests, except: [quarantine, 198.51.100.0/28] } }",
    "{ allow: https, from: quarantine, to: guests, limit: 10/second, expires: 2030-01-01 }",
  ])
  func thePacketsAndTheDiagramAgreeForEveryMembership(_ rule: String) throws {
    let policy = try Self.policy(Self.router("\(rule)"))
    let meaning = PolicyMeaning(of: policy)
    let questions = try PolicyQuestions(about: policy)
    let table = try questions.decisions(about: questions.possible)
    var verdicts: Set<String> = []
    for source: UInt32 in [0xC633_6411, 0xC633_6401] {
      for port: UInt16 in [25, 443] {
        for bits in 0..<16 {
          var packet = Self.mail(from: source, port: port)
          for (bit, name) in ["quarantine", "guests"].enumerated() {
            if bits >> bit & 1 == 1 { packet.sourceNetworks.insert(name) }
            if bits >> (bit + 2) & 1 == 1 { packet.destinationNetworks.insert(name) }
          }
          let decision = try #require(questions.decision(of: packet, in: table))
          #expect(decision == meaning.decide(packet), "\(packet)")
          verdicts.insert(decision.description)
        }
      }
    }
    #expect(verdicts.count > 2)
    // A packet of each decision is decided so.
    for number in questions.arena.answers(of: table.diagram) where number != 0 {
      let set = try questions.arena.packets(of: table.diagram) { $0 == number }
      let packet = try #require(questions.example(of: set))
      #expect(meaning.decide(packet) == table.numbering[number], "\(packet)")
    }
  }

  @Test func aTestSpeaksOfMembersOnlyIfItNamesTheNetwork() throws {
    let text = Self.router(
      "{ name: q, deny: any, from: quarantine }",
      rest: """
        tests:
          - { name: web, expect: allow, from: clients, to: internet, service: https }
          - { name: shut, expect: blocked, from: { zone: clients, network: quarantine }, to: internet, service: [smtp, https, dns] }
          - { name: both, expect: allow, from: { zone: clients, except: quarantine }, to: internet, service: https }
          - { name: wrong, expect: allow, from: { zone: clients, network: quarantine }, to: internet, service: https }
          - { name: guests, expect: blocked, from: internet, to: self, service: ssh }
          - { name: invited, expect: allow, from: guests, to: self, service: ssh }
        """)
    let results = try runTests(of: Self.policy(text))
    #expect(results.map(\.holds) == [true, true, true, false, true, true])
    guard case .fails(let packet, let decision) = results[3].outcome else { return }
    #expect(packet.sourceNetworks == ["quarantine"])
    #expect(decision.decider?.name == "q")
  }

  @Test func aDifferenceSaysWhoIsInTheNetwork() throws {
    let old = try Self.policy(Self.router("{ name: q, deny: smtp, from: quarantine }"))
    let new = try Self.policy(Self.router("{ name: q, deny: any, from: quarantine }"))
    let difference = try PolicyComparison(old, new).difference()
    #expect(difference.changes.map(\.kind) == [.closed])
    let words = difference.changes.flatMap(\.words).map(\.description)
    #expect(!words.isEmpty)
    #expect(words.allSatisfy { $0.contains("from an address in quarantine") }, "\(words)")
    #expect(difference.changes.allSatisfy { $0.example.sourceNetworks == ["quarantine"] })
    // What holds for everyone else needs no word.
    let open = try Self.policy(
      Self.router(
        "{ name: q, deny: smtp, from: quarantine }",
        "{ name: w, allow: https, from: internet, to: clients }"))
    let opened = try PolicyComparison(old, open).difference()
    #expect(opened.changes.map(\.kind) == [.opened])
    #expect(
      opened.changes.flatMap(\.words)
        .allSatisfy { $0.conditions.allSatisfy { !$0.contains("quarantine") } })
  }

  @Test func anotherTimeOrSizeIsTold() throws {
    let old = try Self.policy(Self.router("{ name: q, deny: smtp, from: quarantine }"))
    let new = try Self.policy(
      Self.router(
        "{ name: q, deny: smtp, from: quarantine }",
        networks: "quarantine: { dynamic: { keep: 36h, capacity: 9 } }"))
    let difference = try PolicyComparison(old, new).difference()
    #expect(difference.changes.isEmpty)
    #expect(
      difference.effects.map(\.text) == [
        "entries of `quarantine` are kept 36h, at most 9, and were kept until removed, at most 65536"
      ])
  }

  @Test func lintsTakeNobodyToBeInIt() throws {
    // Were the deny a block for everyone, there would be nothing to find.
    let open = CheckedPolicy(
      """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
      networks:
        quarantine: { dynamic: {} }
        idle: { dynamic: {} }
      forward:
        - { deny: smtp, from: quarantine }
        - { allow: any, from: clients, to: internet }
      """, lints: true)
    #expect(open.codes.contains("FW301"))
    // The one that nothing names is unused, the other is not, and its rule does something.
    #expect(open.found.filter { $0.hasPrefix("FW2") } == ["FW207 idle"])
    // A service for those who are let in by hand is not open to the internet.
    let shell = CheckedPolicy(
      """
      fwpolicy: 1
      name: host
      networks:
        friends: { dynamic: { keep: 12h } }
      inbound:
        - { allow: ssh, from: friends }
      """, lints: true)
    #expect(!shell.codes.contains("FW405"), "\(shell.found)")
  }
}
