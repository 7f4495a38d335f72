import Compiler
import Diagnostics
import Testing

/// What the corpus of whole policies has no near miss of.
@Suite struct MailCheckTests {
  /// A router between the internet, clients and servers.
  private func router(
    _ rules: String..., networks: String = "", gate: String = "", homes: String = ""
  ) -> String {
    """
    fwpolicy: 1
    name: edge
    owner: noc
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      homes: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48]\(homes) }
      racks: { kind: servers, interfaces: [eth2], networks: [mx, racks-own] }
    networks:
      mx: [192.0.2.25, 2001:db8:25::25]
      racks-own: [192.0.2.128/25, 2001:db8:26::/48]
    \(networks)
    forward:
    \(rules.map { "  - \($0)" }.joined(separator: "\n"))
    \(gate)
    """
  }

  private func codes(_ text: String) -> [String] {
    let policy = CheckedPolicy(text, all: true, lints: true)
    return policy.codes.filter { $0 != "FW203" && $0 != "FW204" && $0 != "FW510" && $0 != "FW502" }
  }

  // MARK: FW311

  @Test func aServedServerBehindARouterMustBeLetOut() {
    let shut = router("{ allow: smtp, from: internet, to: mx, serves: mx }")
    #expect(codes(shut).contains("FW311"))
    let open = router(
      "{ allow: smtp, from: internet, to: mx, serves: mx }",
      "{ allow: smtp, from: { zone: racks, network: mx }, to: internet }")
    #expect(!codes(open).contains("FW311"))
  }

  @Test func aServerThatTheInternetDoesNotReachMayHaveAnotherWayOut() {
    let inside = router("{ allow: submission, from: homes, to: mx, serves: msa }")
    #expect(!codes(inside).contains("FW311"))
  }

  @Test func whoeverServesIsNotAskedForByNobodysName() {
    let anywhere = router("{ allow: smtp, from: internet, to: racks, serves: mx }")
    #expect(!codes(anywhere).contains("FW311"))
  }

  // MARK: FW314

  private static let web =
    "{ allow: [http, https, submission, submissions, ping], from: homes, to: internet }"

  @Test func aRuleThatBlocksInSilenceIsFound() {
    #expect(codes(router("{ reject: smtp, from: homes }", Self.web)).contains("FW314"))
    for loud in ["log: true", "count: true"] {
      #expect(!codes(router("{ reject: smtp, from: homes, \(loud) }", Self.web)).contains("FW314"))
    }
  }

  @Test func aRuleAboutEverythingIsNoPort25Block() {
    let closed = router(Self.web, "{ reject: any, from: homes }")
    #expect(!codes(closed).contains("FW314"))
  }

  @Test func aBlockOfStrangersIsNoClientsBlock() {
    let inbound = router(Self.web, "{ reject: smtp, from: internet, to: racks }")
    #expect(!codes(inbound).contains("FW314"))
  }

  // MARK: Clients

  @Test func aNetworkIsJudgedBehindTheZoneThatHoldsIt() {
    // The racks may send: nothing of the homes' lives behind them.
    let text = router(
      "{ allow: [smtp, dns], from: racks, to: internet }", Self.web,
      networks: "  pool: { of: [198.51.100.0/25], class: dynamic }")
    #expect(!codes(text).contains("FW301"))
    let astray = router(
      "{ allow: [smtp, dns], from: racks, to: internet }", Self.web,
      networks: "  pool: { of: [192.0.2.128/26, 2001:db8:26:1::/64], class: dynamic }")
    #expect(codes(astray).contains("FW301"))
  }

  // MARK: FW305

  @Test func anUncheckedZoneLetsItsOwnExemptionBeTaken() {
    let gate = """
      smtp-egress:
        clients: homes
        allow: [{ from: 198.51.100.9, owner: a, ticket: b, expires: 2028-01-01 }]
      """
    let open = router(
      Self.web, "{ allow: smtp, from: homes, to: internet }", gate: gate,
      homes: ", anti-spoofing: off")
    #expect(codes(open).contains("FW305"))
    let checked = router(Self.web, "{ allow: smtp, from: homes, to: internet }", gate: gate)
    #expect(!codes(checked).contains("FW305"))
  }

  /// A packet costs as much as there are exceptions.
  @Test func onlySoManyExemptionsAreShownWithAPacket() {
    let entries = (1...20).map {
      "    - { from: 198.51.100.\($0), owner: a, ticket: b, expires: 2028-01-01 }"
    }
    let gate = "smtp-egress:\n  clients: homes\n  allow:\n" + entries.joined(separator: "\n")
    let policy = CheckedPolicy(
      router(
        Self.web, "{ allow: smtp, from: homes, to: internet }", gate: gate,
        homes: ", anti-spoofing: off"), all: true, lints: true)
    let found = policy.compilation.diagnostics.filter { $0.code.code == "FW305" }
    #expect(found.count == 20)
    #expect(found.filter { !$0.notes.isEmpty }.count == 16)
  }

  @Test func anExpiredExemptionIsTakenByNobody() {
    let gate = """
      smtp-egress:
        clients: homes
        allow: [{ from: 198.51.100.9, owner: a, ticket: b, expires: 2026-01-01 }]
      """
    let open = router(
      Self.web, "{ allow: smtp, from: homes, to: internet }", gate: gate,
      homes: ", anti-spoofing: off")
    #expect(!codes(open).contains("FW305"))
  }

  // MARK: FW303, FW304

  /// Where an exception may send, and whether that is anywhere.
  @Test(arguments: [
    ("any", true), ("ipv6", true), ("\"2000::/3\"", true), ("[\"2000::/4\", \"3000::/4\"]", true),
    ("\"2001:db8:25::/48\"", false), ("\"2600::/12\"", false),
  ])
  func anywhereIsWhatIsRoutedOfAFamily(_ to: String, _ isWide: Bool) {
    let gate = """
      smtp-egress:
        clients: homes
        allow: [{ from: "2001:db8:1::/48", to: \(to), owner: a, ticket: b, expires: 2028-01-01 }]
      """
    let checked = router(Self.web, "{ allow: smtp, from: homes, to: internet }", gate: gate)
    #expect(codes(checked).contains("FW303") == isWide)
  }

  @Test func anExceptionThatIsOverNeedsNoOwner() {
    func gate(_ date: String) -> String {
      "smtp-egress: { clients: homes, allow: [{ from: 198.51.100.9, expires: \(date) }] }"
    }
    let rules = ["{ allow: smtp, from: homes, to: internet }", Self.web]
    let over = codes(router(rules[0], rules[1], gate: gate("2027-01-01")))
    #expect(!over.contains("FW304") && over.contains("FW505"))
    #expect(codes(router(rules[0], rules[1], gate: gate("2027-01-02"))).contains("FW304"))
  }

  // MARK: The gate that is advised

  private func advice(_ code: String, _ text: String) -> String? {
    CheckedPolicy(text, all: true, lints: true).diagnostic(code)?.help.first?.text
  }

  @Test func theGateThatIsAdvisedCanBePasted() throws {
    let open = router("{ allow: any, from: homes, to: internet }")
    let help = try #require(advice("FW301", open))
    let pasted = try #require(help.split(separator: "`").dropFirst().first)
    #expect(pasted == "smtp-egress: { clients: homes }")
    #expect(!codes(open + "\n" + pasted + "\n").contains("FW301"))
  }

  @Test func theRelaysThatAreAdvisedAreTheMailServersOfThePolicy() throws {
    let open = router(
      "{ allow: smtp, from: internet, to: { zone: racks, network: mx }, serves: mx }",
      "{ allow: any, from: homes, to: internet }")
    let help = try #require(advice("FW301", open))
    #expect(help.contains("`smtp-egress: { clients: homes, relays: mx }`"), "\(help)")
  }

  @Test func aGateThatIsThereIsAddedTo() throws {
    let rule = "{ allow: any, from: homes, to: internet }"
    let other = try #require(advice("FW301", router(rule, gate: "smtp-egress: { clients: racks }")))
    #expect(other.contains("`clients: [racks, homes]`"))
    let none = try #require(advice("FW301", router(rule, gate: "smtp-egress: { users: [] }")))
    #expect(none.contains("`clients: homes` in `smtp-egress`"))
    let odd = try #require(
      advice(
        "FW301",
        router(
          rule, gate: "smtp-egress: { clients: { network: racks-own, except: [192.0.2.200] } }")))
    #expect(odd.contains("add `homes` to the `clients`"), "\(odd)")
  }

  // MARK: Names in advice

  /// The networks of a host, its other rules, and the source that is advised for an open proxy.
  @Test(arguments: [
    ("office: [192.0.2.0/24]\n  noc: [198.51.100.0/24]", "{ allow: ssh, from: noc }", "noc"),
    ("racks: [192.0.2.0/24]", "{ allow: https }", "racks"),
    (
      "a: [192.0.2.0/25]\n  b: [198.51.100.0/25]", "{ allow: https }",
      "office`, declared under `networks"
    ),
    ("world: [0.0.0.0/1]", "{ allow: ssh, from: world }", "office`, declared under `networks"),
    (
      "homes: { of: [192.0.2.0/24], class: dynamic }\n  noc: [198.51.100.0/24]",
      "{ allow: dns, from: homes }\n  - { allow: ntp, from: homes }", "noc"
    ),
  ])
  func sourcesThatAreAdvisedAreThePolicysOwn(_ networks: String, _ rules: String, _ name: String)
    throws
  {
    let text =
      "fwpolicy: 1\nname: h\nnetworks:\n  \(networks)\ninbound:\n  - { name: p, allow: squid }\n"
      + "  - \(rules)\n"
    let help = try #require(advice("FW401", text))
    #expect(help == "name who may use it: `from: \(name)`", "\(help)")
  }
}
