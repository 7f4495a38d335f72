import Diagnostics
import NetworkTypes
import PolicyLanguage
import Testing

struct ResolutionNamesTests {
  /// Each term alone in the `from` of an inbound rule, what is said at it, and what help pastes.
  @Test(arguments: [
    // Names: the nearest one across both kinds.
    ("nok", "unknown-name: nok", ["noc"]),
    ("sevrers", "unknown-name: sevrers", ["servers"]),
    ("special_use", "unknown-name: special_use", ["special-use"]),
    ("quite-unlike", "unknown-name: quite-unlike", []),
    // Nothing is resolved.
    ("mail.example.com", "host-name: mail.example.com", []),
    // Host bits have two readings.
    ("192.0.2.20/24", "bad-address: 192.0.2.20/24", ["192.0.2.0/24", "192.0.2.20"]),
    ("2001:db8::1/32", "bad-address: 2001:db8::1/32", ["2001:db8::/32", "2001:db8::1"]),
    // Lengths, octets, ranges.
    ("192.0.2.0/33", "bad-address: 192.0.2.0/33", []),
    ("2001:db8::/129", "bad-address: 2001:db8::/129", []),
    ("192.0.02.1", "bad-address: 192.0.02.1", ["192.0.2.1"]),
    ("192.0.2.10-20", "bad-address: 192.0.2.10-20", ["192.0.2.10-192.0.2.20"]),
    // Half of what would be mended.
    ("-20", "bad-address: -20", []), ("\":22\"", "bad-address: \":22\"", []),
    ("192.0.2.1:22", "bad-address: 192.0.2.1:22", ["192.0.2.1"]),
    ("[2001:db8::1]", "bad-address: [2001:db8::1]", ["2001:db8::1"]),
    // Neither a name nor an address.
    ("192.0.2.1O", "bad-address: 192.0.2.1O", ["192.0.2.10"]),
    ("%wrong", "bad-address: %wrong", []),
    ("192.0.2.0/255.255.255.0", "bad-address: 192.0.2.0/255.255.255.0", ["192.0.2.0/24"]),
    ("192.0.2.9-192.0.2.1", "bad-address: 192.0.2.9-192.0.2.1", ["192.0.2.1-192.0.2.9"]),
    ("192.0.2.1-2001:db8::1", "bad-address: 192.0.2.1-2001:db8::1", []),
    // `self` is never a source of inbound packets.
    ("self", "misplaced-self: self", []),
  ])
  func pointsAtTheWholeTerm(term: String, finding: String, pasted: [String]) {
    func outcome(_ term: String) -> PolicyDraft.Outcome {
      var draft = PolicyDraft()
      draft.zone("servers", "eth1")
      draft.network("noc", "192.0.2.0/28")
      let from = draft.list([term])
      draft.policy.inbound.rules = [draft.rule(.allow, "ssh", from: from)]
      return draft.resolved()
    }
    let refused = outcome(term)
    #expect(refused.findings == [finding])
    #expect(refused.policy == nil)
    #expect(refused.replacements == pasted)
    #expect(refused.diagnostics.allSatisfy { !$0.help.isEmpty || !$0.message.isEmpty })
    for replacement in pasted { #expect(outcome(replacement).findings == []) }
  }

  @Test(arguments: [
    ("htps", "unknown-name: htps", ["https"]),
    ("25", "unknown-name: 25", ["tcp/25", "udp/25"]),
    ("gre", "unknown-name: gre", ["proto/gre"]),
    ("tcp/0", "bad-service: tcp/0", []),
    ("tcp/65536", "bad-service: tcp/65536", []),
    ("udp/9-1", "bad-service: udp/9-1", ["udp/1-9"]),
    ("25/tcp", "bad-service: 25/tcp", ["tcp/25"]),
    ("tcp:25", "bad-service: tcp:25", ["tcp/25"]),
    ("tpc/25", "bad-service: tpc/25", ["tcp/25"]),
    ("icmp/echo-requst", "bad-service: icmp/echo-requst", ["icmp/echo-request"]),
  ])
  func pointsAtTheWholeService(term: String, finding: String, pasted: [String]) {
    func outcome(_ term: String) -> PolicyDraft.Outcome {
      var draft = PolicyDraft()
      draft.policy.inbound.rules = [draft.rule(.allow, term)]
      return draft.resolved()
    }
    let refused = outcome(term)
    #expect(refused.findings == [finding])
    #expect(refused.replacements == pasted)
    for replacement in pasted { #expect(outcome(replacement).findings == []) }
  }

  @Test(arguments: ["any", "self", "ipv4", "ipv6", "special-use", "private"])
  func reservesTheNamesOfTheLanguage(name: String) {
    var draft = PolicyDraft()
    draft.network(name, "192.0.2.0/28")
    #expect(draft.resolved().findings == ["reserved-name: \(name)"])
  }

  @Test
  func refusesOneNameForAZoneAndANetwork() {
    var draft = PolicyDraft()
    draft.zone("servers", "eth1")
    draft.network("servers", "192.0.2.0/28")
    let outcome = draft.resolved()
    #expect(outcome.findings == ["duplicate-name: servers"])
    let other = outcome.diagnostics.first?.secondary.first?.span
    #expect(other.map { outcome.sources.text(of: $0) } == "servers")
    #expect(other?.start != outcome.diagnostics.first?.primary?.span.start)
  }

  @Test
  func refusesABuiltInServiceUnlessOverridden() {
    var draft = PolicyDraft()
    draft.service("http", "tcp/8080")
    #expect(draft.resolved().findings == ["reserved-name: http"])

    draft = PolicyDraft()
    draft.service("http", "tcp/8080", isOverride: true)
    draft.policy.inbound.rules = [draft.rule(.allow, "http")]
    let rule = draft.resolved().policy?.inbound.rules.first
    #expect(rule?.service == .port(.tcp, 8080))
  }

  @Test
  func showsACycleOfNetworksAsAPath() {
    var draft = PolicyDraft()
    draft.network("a", "b", "192.0.2.0/28")
    draft.network("b", "c")
    draft.network("c", "a")
    draft.network("uses-a", "a")
    let outcome = draft.resolved()
    #expect(outcome.messages == ["a network cannot contain itself: `a` → `b` → `c` → `a`"])
    #expect(outcome.findings == ["name-cycle: a"])
  }

  @Test
  func showsACycleOfServicesAsAPath() {
    var draft = PolicyDraft()
    draft.service("x", "y")
    draft.service("y", "x", "http")
    #expect(
      draft.resolved().messages == ["a service cannot contain itself: `x` → `y` → `x`"])
  }

  @Test
  func survivesAChainOfTenThousandNetworks() {
    var draft = PolicyDraft()
    for index in 0..<10_000 { draft.network("n\(index)", "n\(index + 1)") }
    draft.network("n10000", "192.0.2.1")
    let first = draft.resolved().policy?.networks.first
    #expect(first?.addresses == addresses("192.0.2.1"))
  }

  @Test
  func reportsEveryProblemOnceAndNoneThatFollowsFromAnother() {
    var draft = PolicyDraft()
    draft.network("broken", "192.0.2.1/24")
    draft.network("on-broken", "broken")
    let from = draft.list(["on-broken", "missing-one"])
    draft.policy.inbound.rules = [draft.rule(.allow, "ssh", "sssh", from: from)]
    #expect(
      draft.resolved().findings == [
        "bad-address: 192.0.2.1/24", "unknown-name: missing-one", "unknown-name: sssh",
      ])
  }

  @Test(arguments: [
    ("postfx", ["postfix"]), ("www", []), ("4294967295", []), ("007", []),
  ])
  func refusesUnknownUsers(user: String, pasted: [String]) {
    var draft = PolicyDraft()
    draft.user("postfix", 89)
    var rule = draft.rule(.allow, "smtp")
    rule.users = [draft.scalar(user)]
    draft.policy.outbound.rules = [rule]
    let outcome = draft.resolved()
    #expect(outcome.findings == ["unknown-user: \(user)"])
    #expect(outcome.replacements == pasted)
  }

  @Test
  func readsABareNumberAsAUserID() {
    var draft = PolicyDraft()
    draft.user("postfix", 89)
    var rule = draft.rule(.allow, "smtp")
    rule.users = ["1000", "postfix", "0", "89"].map { draft.scalar($0) }
    draft.policy.outbound.rules = [rule]
    #expect(draft.resolved().policy?.outbound.rules.first?.users == [0, 89, 1000])
  }
}
