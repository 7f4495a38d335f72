import Diagnostics
import NetworkTypes
import PolicyLanguage
import Testing

/// Networks that are filled while a policy is in force: where they stand, and where they cannot.
@Suite struct DynamicNetworksTests {
  private static func router(_ rule: String, networks: String = "", rest: String = "") -> String {
    """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24] }
    networks:
      noc: [192.0.2.0/28]
      quarantine: { dynamic: { keep: 7d, capacity: 4096 } }
      guests: { dynamic: {} }
    \(networks)
    forward:
      - \(rule)
      - { allow: any, from: clients, to: internet }
    \(rest)
    """
  }

  private static func end(_ text: String) throws -> ResolvedEndpoint {
    let outcome = TextPolicy(router("{ name: r, deny: any, from: \(text) }")).resolved()
    #expect(outcome.findings == [])
    return try #require(outcome.policy?.forward?.rules.first?.from)
  }

  @Test func theyAreTimesAndSizesWithoutAddresses() throws {
    let outcome = TextPolicy(Self.router("{ deny: any, from: quarantine }")).resolved()
    let policy = try #require(outcome.policy)
    #expect(policy.dynamicNetworks.map(\.name.value) == ["quarantine", "guests"])
    #expect(policy.dynamicNetworks.map(\.keepSeconds) == [604_800, nil])
    #expect(policy.dynamicNetworks.map(\.capacity) == [4096, 65_536])
    #expect(policy.networks.map(\.name.value) == ["noc"])
    #expect(policy.forward?.rules.first?.name == "deny-any-from-quarantine")
  }

  @Test(
    arguments: [
      // Alone, however it is written.
      ("quarantine", ["quarantine"], []), ("[quarantine]", ["quarantine"], []),
      ("{ network: quarantine }", ["quarantine"], []),
      // Taken away, alone or with others.
      ("{ except: quarantine }", [], ["quarantine"]),
      ("{ zone: clients, except: [noc, quarantine, guests] }", [], ["guests", "quarantine"]),
      // Both.
      ("{ network: guests, except: quarantine }", ["guests"], ["quarantine"]),
      ("{ zone: clients, network: { network: guests, except: noc } }", ["guests"], []),
    ] as [(String, [String], [String])])
  func anEndIsInThemOrIsNot(_ text: String, _ inside: [String], _ outside: [String]) throws {
    let end = try Self.end(text)
    #expect(end.members == DynamicMembership(inside: inside, outside: outside))
    #expect(!end.parts.isEmpty)
  }

  @Test func zonesAndAddressesBesideThemCount() throws {
    let end = try Self.end("{ zone: clients, network: quarantine, except: 198.51.100.16/28 }")
    #expect(end.parts.map(\.zones) == [ZoneSet(zones: [1], others: false)])
    #expect(end.parts.first?.addresses.ipv4.contains(0xC633_6410) == false)
    #expect(end.parts.first?.addresses.ipv4.contains(0xC633_6420) == true)
    #expect(
      try Self.end("{ except: [noc, quarantine] }").parts.first?.addresses.ipv4.contains(
        0xC000_0201) == false)
  }

  @Test func whatIsInAndOutOfOneIsNothing() throws {
    let outcome = TextPolicy(
      Self.router("{ name: r, deny: any, from: { network: quarantine, except: quarantine } }")
    ).resolved()
    #expect(outcome.findings == ["nothing-left: quarantine"])
    #expect(outcome.policy?.forward?.rules.first?.from == ResolvedEndpoint(parts: []))
  }

  /// The text of a policy, and what is wrong with it.
  static let refusals: [(String, [String])] = [
    // Beside something else.
    (router("{ deny: any, from: [quarantine, noc] }"), ["mixed-dynamic-network: quarantine"]),
    (router("{ deny: any, from: [quarantine, guests] }"), ["mixed-dynamic-network: quarantine"]),
    (router("{ deny: any, from: [clients, quarantine] }"), ["mixed-dynamic-network: quarantine"]),
    (
      router("{ deny: any, from: [{ zone: clients, network: quarantine }, noc] }"),
      ["mixed-dynamic-network: quarantine"]
    ),
    (
      router("{ deny: any, from: { except: { zone: clients, network: quarantine } } }"),
      ["mixed-dynamic-network: quarantine"]
    ),
    (
      router("{ deny: any, from: { except: { network: noc, except: quarantine } } }"),
      ["mixed-dynamic-network: quarantine"]
    ),
    (
      router("{ deny: any, from: { network: [noc, quarantine] } }"),
      ["mixed-dynamic-network: quarantine"]
    ),
    // Where addresses are worked out before the policy is in force.
    (
      router("{ deny: any }", networks: "  more: [noc, quarantine]"),
      ["misplaced-dynamic-network: quarantine"]
    ),
    (
      router("{ deny: any }", networks: "  more: { of: { except: quarantine } }"),
      ["misplaced-dynamic-network: quarantine"]
    ),
    (
      router("{ deny: any }").replacing("[198.51.100.0/24]", with: "[quarantine]"),
      ["misplaced-dynamic-network: quarantine"]
    ),
    (
      router("{ deny: any }", rest: "smtp-egress: { clients: [clients, quarantine] }"),
      ["misplaced-dynamic-network: quarantine"]
    ),
    (
      router("{ deny: any }", rest: "smtp-egress: { clients: clients, relays: quarantine }"),
      ["misplaced-dynamic-network: quarantine"]
    ),
    (
      router(
        "{ deny: any }",
        rest: "smtp-egress: { clients: clients, allow: [{ from: quarantine }] }"),
      ["misplaced-dynamic-network: quarantine"]
    ),
    (
      router(
        "{ deny: any }",
        rest:
          "smtp-egress: { clients: clients, allow: [{ from: noc, to: { except: quarantine } }] }"
      ), ["misplaced-dynamic-network: quarantine"]
    ),
    // A zone it is not.
    (router("{ deny: any, from: { zone: quarantine } }"), ["wrong-kind-of-name: quarantine"]),
    // With what only a list has.
    (
      router("{ deny: any }", networks: "  x: { dynamic: {}, class: residential }"),
      ["misplaced-key: class"]
    ),
    (
      router("{ deny: any }", networks: "  x: { dynamic: {}, empty: true }"),
      ["misplaced-key: empty"]
    ),
    (
      router("{ deny: any }", networks: "  x: { dynamic: {}, at-least: 2 }"),
      ["misplaced-key: at-least"]
    ),
    (
      router("{ deny: any }", networks: "  x: { of: [noc], dynamic: {} }"),
      ["conflicting-keys: dynamic"]
    ),
    (
      router("{ deny: any }", networks: "  x: { dynamic: { keep: 1s } }"),
      ["invalid-duration: 1s"]
    ),
    (router("{ deny: any }", networks: "  noc: { dynamic: {} }"), ["duplicate-key: noc"]),
    (router("{ deny: any }", networks: "  clients: { dynamic: {} }"), ["duplicate-name: clients"]),
  ]

  @Test(arguments: refusals.indices)
  func whereTheyCannotStandIsSaid(_ index: Int) {
    let (text, findings) = Self.refusals[index]
    let outcome = TextPolicy(text).resolved()
    #expect(outcome.findings == findings)
    #expect(outcome.policy == nil)
  }

  @Test(arguments: [(64, true), (65, false)])
  func thereAreAtMostSixtyFour(_ count: Int, _ isAccepted: Bool) {
    let networks = (0..<(count - 2)).map { "  n\($0): { dynamic: {} }" }.joined(separator: "\n")
    let outcome = TextPolicy(Self.router("{ deny: any }", networks: networks)).resolved()
    #expect((outcome.policy != nil) == isAccepted)
    #expect(outcome.findings == (isAccepted ? [] : ["too-many-dynamic-networks: n62"]))
  }

  @Test func testsMaySpeakOfThem() throws {
    let outcome = TextPolicy(
      Self.router(
        "{ deny: any, from: quarantine }",
        rest: """
          tests:
            - { expect: deny, from: { zone: clients, network: quarantine }, to: internet }
          """)
    ).resolved()
    #expect(outcome.findings == [])
    #expect(outcome.policy?.tests.first?.from.members.inside == ["quarantine"])
  }
}
