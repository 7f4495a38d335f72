import Diagnostics
import Testing

/// Of routers, what the corpus of whole policies has no near miss of.
@Suite struct RouterCheckTests {
  private func policy(zones: String, rules: String, rest: String = "") -> CheckedPolicy {
    CheckedPolicy(
      """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
      \(zones.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
      forward:
      \(rules.split(separator: "\n").map { "  - \($0)" }.joined(separator: "\n"))
      \(rest)
      """, all: true, lints: true)
  }

  // MARK: FW515

  /// Zones, rules, and the zone at which it is said that nobody knows where the internet is.
  @Test(arguments: [
    (
      "lan: { interfaces: [eth1] }\nwan: { interfaces: [eth0] }",
      "{ allow: any, from: lan, to: wan }", "wan", "the usual case"
    ),
    (
      "lan: { interfaces: [eth1] }\nwan: { interfaces: [eth0] }",
      "{ allow: any, from: lan, to: wan }\n{ allow: ssh, from: wan, to: lan }", "wan",
      "whom others surf by, not who is let in to"
    ),
    (
      "lan: { interfaces: [eth1] }\nwan: { kind: outside, interfaces: [eth0] }",
      "{ allow: any, from: lan, to: wan }", nil, "it is said"
    ),
    (
      "lan: { interfaces: [eth1] }\nwan: { kind: tunnel, interfaces: [wg0] }",
      "{ allow: any, from: lan, to: wan }", nil, "another kind is an answer as well"
    ),
    (
      "lan: { interfaces: [eth1] }\nwan: { interfaces: [eth0], networks: [10.0.0.0/8] }",
      "{ allow: any, from: lan, to: wan }", nil, "what lives there is listed"
    ),
    (
      "lan: { interfaces: [eth1] }\nwan: { interfaces: [eth0], networks: [0.0.0.0/0] }",
      "{ allow: any, from: lan, to: wan }", "wan", "the internet is no list"
    ),
    (
      "lan: { interfaces: [eth1] }\nwan: { interfaces: [eth0] }",
      "{ allow: any, from: lan, to: { zone: wan, network: [10.0.0.0/8] } }", nil,
      "addresses that are known"
    ),
    ("lan: { interfaces: [eth1] }", "{ allow: any, from: lan }", nil, "the uplink is of no zone"),
    (
      "lan: { interfaces: [eth1] }\ndmz: { interfaces: [eth2] }",
      "{ allow: any, from: lan }\n{ allow: ssh, from: dmz, to: lan }", nil,
      "who goes out by an interface of no zone is inside"
    ),
    (
      "lan: { interfaces: [eth1] }\nwan: { interfaces: [eth0] }",
      "{ deny: any, from: lan, to: wan }", nil, "nothing gets there"
    ),
  ])
  func theInternetIsMissed(_ zones: String, _ rules: String, _ at: String?, _ why: String) {
    let checked = policy(zones: zones, rules: rules)
    let found = checked.found.filter { $0.hasPrefix("FW515") }
    #expect(found == (at.map { ["FW515 \($0)"] } ?? []), "\(why)")
  }

  @Test func aHostIsNotAskedWhereTheInternetIs() {
    let checked = CheckedPolicy(
      """
      fwpolicy: 1
      name: h
      zones: { wan: { interfaces: [eth0] } }
      inbound: [{ allow: https, from: wan, serves: web }]
      """, all: true, lints: true)
    #expect(!checked.codes.contains("FW515"))
  }

  // MARK: FW319

  private static let homes =
    "homes: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }"
  private static let gate = "smtp-egress: { clients: homes }"

  /// The uplink's `invalid`, what is let in, the gate, and whether answers of mail servers get through.
  @Test(arguments: [
    ("continue", "{ allow: any, from: up, to: homes }", gate, true, "all of it is there"),
    ("continue", "{ allow: https, from: up, to: homes }", gate, true, "by one port is enough"),
    ("deny", "{ allow: any, from: up, to: homes }", gate, false, "conntrack stops them"),
    ("continue", "{ allow: udp/500, from: up, to: homes }", gate, false, "no TCP"),
    (
      "continue", "{ deny: any, from: up, to: homes }\n{ allow: any, from: homes, to: up }", gate,
      false, "nothing is let in"
    ),
    (
      "continue", "{ allow: any, from: up, to: homes }\n{ allow: smtp, from: homes, to: up }", "",
      false, "who may send mail needs no trick"
    ),
    (
      "continue", "{ allow: any, from: up, to: homes }", "", true,
      "shut by the default is shut, too"
    ),
    (
      "continue", "{ allow: any, from: { zone: up, network: [203.0.113.7] }, to: homes }", gate,
      false, "one known sender is not the internet"
    ),
  ])
  func answersOfMailServersReachClients(
    _ invalid: String, _ rules: String, _ gate: String, _ isFound: Bool, _ why: String
  ) throws {
    let checked = policy(
      zones: "up: { kind: outside, interfaces: [eth0], invalid: \(invalid) }\n\(Self.homes)",
      rules: rules, rest: gate)
    #expect(checked.found.contains("FW319 up") == isFound, "\(why): \(checked.found)")
    if isFound {
      let example = try #require(checked.diagnostic("FW319")?.notes.first)
      #expect(example.contains(":25 -> ") && example.contains("invalid"), "\(example)")
    }
  }

  @Test func whatHoldsForAllInterfacesIsShownWhereItIsSaid() {
    let checked = policy(
      zones: Self.homes, rules: "{ allow: any, to: homes }",
      rest: "defaults: { invalid: continue }\n\(Self.gate)")
    #expect(checked.found.contains("FW319 continue"), "\(checked.found)")
  }

  // MARK: FW316

  @Test func mailToAnotherZoneIsNoMailToThePool() {
    let zones = """
      core: { kind: outside, interfaces: [eth0] }
      biz: { kind: servers, interfaces: [eth2], networks: [192.0.2.0/24] }
      \(Self.homes)
      """
    let pool = "networks: { pool: { of: [198.51.100.0/25], class: dynamic } }"
    let near = policy(zones: zones, rules: "{ allow: any, from: core, to: biz }", rest: pool)
    #expect(!near.codes.contains("FW316"))
    let found = policy(
      zones: zones, rules: "{ allow: any, from: core, to: [biz, homes] }", rest: pool)
    #expect(found.codes.contains("FW316"))
    // A zone that lists nothing may hold it, as long as none that does holds all of it.
    let open = policy(
      zones:
        "core: { kind: outside, interfaces: [eth0] }\nbiz: { kind: servers, interfaces: [eth2] }",
      rules: "{ allow: any, from: core, to: biz }", rest: pool)
    #expect(open.codes.contains("FW316"))
  }
}
