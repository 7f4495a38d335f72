import Diagnostics
import NetworkTypes
import PolicyLanguage
import Testing

@Suite struct TestResolutionTests {
  private func router(_ tests: [String]) -> TextPolicy {
    TextPolicy(
      """
      fwpolicy: 1
      name: edge
      role: router
      users: { postfix: 89 }
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: ["bng*"], networks: residential }
      networks:
        residential: [198.51.100.0/24]
        noc: [192.0.2.0/28]
        later: { of: [], empty: true }
      tests:

      """ + tests.map { "  - \($0)\n" }.joined())
  }

  private func host(_ test: String, zones: String = "") -> TextPolicy {
    TextPolicy("fwpolicy: 1\nname: h\n\(zones)tests:\n  - \(test)\n")
  }

  private func resolved(_ tests: String...) throws -> [ResolvedTest] {
    let outcome = router(tests).resolved()
    #expect(outcome.findings == [])
    return try #require(outcome.policy).tests
  }

  @Test func resolvesEndpointsLikeThoseOfRules() throws {
    let test = try #require(
      try resolved(
        "{ expect: blocked, from: [clients, noc], to: { zone: internet, except: 192.0.2.25 }, service: [smtp, tcp/26] }"
      ).first)
    #expect(
      test.from.parts == [
        .init(zones: ZoneSet(zones: [0], others: true), addresses: addresses("192.0.2.0/28")),
        .init(zones: ZoneSet(zones: [1], others: false), addresses: .any),
      ])
    #expect(test.to.addresses(in: 1).isEmpty)
    #expect(test.to.addresses(in: 0) == AddressSet.any.subtracting(addresses("192.0.2.25")))
    #expect(test.service.contains(.tcp, family: .ipv4, port: 25, icmp: nil))
    #expect(test.service.contains(.tcp, family: .ipv4, port: 26, icmp: nil))
    #expect(!test.service.contains(.tcp, family: .ipv4, port: 27, icmp: nil))
  }

  @Test func silenceMeansWhatCanArrive() throws {
    let test = try #require(try resolved("{ expect: allow, to: self }").first)
    #expect(test.path == .inbound && test.expect == .allow)
    #expect(test.from == test.to && test.from.parts.map(\.addresses) == [.any])
    #expect(test.service == .any)
    #expect(test.states == [.new])
    #expect(test.inputs == nil && test.outputs == nil && test.users == nil && test.asOf == nil)
    #expect(!test.isSpoofed && !test.limitExceeded)
  }

  @Test func speaksOfOneAddressOfThisMachine() throws {
    let tests = try resolved(
      "{ expect: allow, to: { zone: self, network: 192.0.2.1 } }",
      "{ expect: allow, from: { network: self, except: 192.0.2.1 } }")
    #expect(tests.map(\.path) == [.inbound, .outbound])
    #expect(tests[0].to.parts.map(\.addresses) == [addresses("192.0.2.1")])
    #expect(
      tests[1].from.parts.map(\.addresses) == [AddressSet.any.subtracting(addresses("192.0.2.1"))])
  }

  @Test func tellsZonesAndInterfacesApart() throws {
    let tests = try resolved(
      "{ expect: deny, to: self, in: [eth9, clients, bng7, eth9, internet] }",
      "{ expect: deny, to: self, in: lo }", "{ expect: allow, from: self, out: lo }")
    #expect(tests[0].inputs == TestInterfaces(zones: [0, 1], names: ["eth9", "bng7"]))
    #expect(tests[1].inputs == TestInterfaces(zones: [], names: ["lo"]))
    #expect(tests[2].outputs == TestInterfaces(zones: [], names: ["lo"]))
    let inputs = try #require(tests[0].inputs)
    #expect(inputs.contains("eth0", ownedBy: 0) && inputs.contains("eth9", ownedBy: nil))
    #expect(!inputs.contains("eth8", ownedBy: nil))
  }

  @Test func sortsUsers() throws {
    let tests = try resolved("{ expect: allow, from: self, user: [postfix, 0, 89], service: smtp }")
    #expect(tests.first?.users == [0, 89])
  }

  @Test func namesTestsFromTheirContent() throws {
    let tests = try resolved(
      "{ expect: blocked, to: self, service: ssh, from: { except: noc } }",
      "{ expect: blocked, to: self, service: ssh, from: { except: noc } }",
      "{ name: no direct spam, expect: deny, to: internet, service: smtp }",
      "{ expect: deny, from: any, to: any }",
      "{ expect: allow, from: self, out: eth0, user: postfix, state: [untracked, new], limit: exceeded, as-of: 2027-06-30 }",
      "{ expect: deny, to: self, in: clients, spoofed: true }")
    #expect(
      tests.map(\.name) == [
        "blocked-ssh-from-except-noc-to-self", "blocked-ssh-from-except-noc-to-self-2",
        "no direct spam", "deny-any",
        "allow-any-from-self-out-eth0-by-postfix-new-untracked-ac2fa96c",
        "deny-any-to-self-in-clients-spoofed",
      ])
  }

  @Test func derivedNameGivesWayToAGivenOne() throws {
    let tests = try resolved(
      "{ expect: deny, to: self }", "{ name: deny-any-to-self, expect: deny, from: self }")
    #expect(tests.map(\.name) == ["deny-any-to-self-2", "deny-any-to-self"])
  }

  @Test(arguments: [
    // Names.
    ("{ expect: allow, from: nco, to: self }", ["unknown-name: nco"]),
    ("{ expect: allow, to: self, service: shh }", ["unknown-name: shh"]),
    ("{ expect: allow, from: self, user: postfx }", ["unknown-user: postfx"]),
    ("{ expect: allow, to: self, in: cleints }", ["unknown-name: cleints"]),
    ("{ expect: allow, to: self, in: customers-of-yvr }", ["unknown-name: customers-of-yvr"]),
    ("{ expect: allow, to: self, in: noc }", ["wrong-kind-of-name: noc"]),
    ("{ expect: allow, to: noc, out: ipv4 }", ["wrong-kind-of-name: ipv4"]),
    // Sides.
    ("{ expect: allow, from: { zone: clients, network: self } }", ["zone-on-wrong-side: clients"]),
    ("{ expect: allow, to: { zone: internet, network: self } }", ["zone-on-wrong-side: internet"]),
    ("{ expect: allow, to: [self, noc] }", ["misplaced-self: self"]),
    ("{ expect: allow, to: self, from: { except: self } }", ["misplaced-self: self"]),
    // Regions without a packet.
    ("{ expect: allow, from: [], to: self }", ["empty-test: []"]),
    ("{ expect: allow, from: later, to: self }", ["empty-test: later"]),
    ("{ expect: allow, to: { network: noc, except: ipv4 } }", ["empty-test: ipv4"]),
    ("{ expect: allow, from: clients, to: self, in: internet }", ["empty-test: internet"]),
    ("{ expect: allow, from: clients, to: self, in: lo }", ["empty-test: lo"]),
    ("{ expect: allow, to: internet, out: [bng0, eth7] }", ["empty-test: [bng0, eth7]"]),
  ])
  func refusesTest(_ test: String, _ findings: [String]) {
    let outcome = router([test]).resolved()
    #expect(outcome.findings == findings)
    #expect(outcome.policy == nil)
  }

  @Test(arguments: [
    ("{ expect: deny, to: 192.0.2.1 }", ["forward-on-host: 192.0.2.1"]),
    ("{ expect: deny, from: noc }", ["unknown-name: noc", "forward-on-host: noc"]),
    ("{ expect: deny }", ["forward-on-host: { expect: deny }"]),
    ("{ expect: deny, to: [self, 192.0.2.1] }", ["misplaced-self: self"]),
    ("{ expect: deny, to: self }", []),
  ])
  func refusesTestsOfForwardedTrafficOnAHost(_ test: String, _ findings: [String]) {
    #expect(host(test).resolved().findings == findings)
  }

  @Test func testsForwardedTrafficOfContainers() throws {
    let zones = "zones: { containers: { kind: containers, interfaces: [docker0] } }\n"
    let outcome = host("{ expect: deny, to: containers }", zones: zones).resolved()
    #expect(outcome.findings == [])
    #expect(outcome.policy?.tests.map(\.path) == [.forward])
  }

  /// A mistyped zone must not pass for an interface, however often it is mistyped.
  @Test func remembersTheNearestZone() {
    let outcome = router([
      "{ expect: deny, to: self, in: cleints }", "{ expect: deny, to: noc, in: cleints }",
    ]).resolved()
    #expect(outcome.findings == ["unknown-name: cleints", "unknown-name: cleints"])
    for diagnostic in outcome.diagnostics {
      #expect(diagnostic.help.first?.replacement?.text == "clients")
    }
  }
}
