import Diagnostics
import NetworkTypes
import PolicyLanguage
import Testing

struct ResolutionRulesTests {
  private func span() -> SourceSpan { SourceSpan(file: SourceFileID(index: 0), start: 0, end: 0) }

  private func router() -> PolicyDraft {
    var draft = PolicyDraft(role: .router)
    draft.zone("internet", "eth0", kind: .outside)
    draft.zone("clients", "bng*", kind: .clients, networks: ["residential"])
    draft.zone("servers", "eth2", kind: .servers)
    draft.network("residential", "198.51.100.0/24", "2001:db8:a::/48")
    draft.network("noc", "192.0.2.0/28")
    return draft
  }

  // MARK: Zones

  @Test
  func showsBothZonesOfOnePattern() {
    var draft = PolicyDraft()
    draft.zone("one", "eth0", "ppp*")
    draft.zone("two", "ppp*", "ppp0")
    let outcome = draft.resolved()
    #expect(outcome.findings == ["shared-interface: ppp*"])
    #expect(outcome.diagnostics.first?.secondary.first?.text == "in `one`")
  }

  @Test
  func checksSourcesOfClientsThatListNetworks() {
    let zones = router().resolved().policy?.zones
    #expect(zones?.map(\.antiSpoofing) == [[], [.networks], []])
    #expect(zones?[1].networks == addresses("198.51.100.0/24", "2001:db8:a::/48"))
  }

  @Test(arguments: [(ZoneKind.clients, false), (.servers, false), (.outside, true)])
  func asksForNetworksWhereAntiSpoofingNeedsThem(kind: ZoneKind, isFine: Bool) {
    var draft = PolicyDraft()
    draft.zone("zone", "eth0", kind: kind, antiSpoofing: [.networks])
    #expect(draft.resolved().findings == (isFine ? [] : ["bad-anti-spoofing: networks"]))
  }

  @Test
  func refusesOffBesideAnotherMode() {
    var draft = PolicyDraft()
    draft.zone("zone", "eth0", antiSpoofing: [.off, .reversePath])
    #expect(draft.resolved().findings == ["bad-anti-spoofing: off,reverse-path"])
  }

  @Test
  func warnsOfLoopbackInAZone() {
    var draft = PolicyDraft()
    draft.zone("zone", "lo")
    let outcome = draft.resolved()
    #expect(outcome.findings == ["loopback-in-zone: lo"])
    #expect(outcome.policy != nil)
  }

  // MARK: Endpoints

  @Test
  func unitesZonesAndNetworks() {
    var draft = router()
    let from = draft.list(["clients", "noc"])
    draft.policy.forward.rules = [draft.rule(.allow, "any", from: from)]
    let parts = draft.resolved().policy?.forward?.rules.first?.from.parts
    #expect(
      parts == [
        .init(zones: ZoneSet(zones: [0, 2], others: true), addresses: addresses("192.0.2.0/28")),
        .init(zones: ZoneSet(zones: [1], others: false), addresses: .any),
      ])
  }

  @Test
  func takesExceptionsAwayInEachZone() {
    var draft = router()
    let inner = EndpointExpression.restricted(
      zone: nil, network: draft.list(["noc"]), except: draft.list(["192.0.2.4"]), span())
    let from = EndpointExpression.restricted(
      zone: draft.list(["internet", "clients"]), network: nil, except: inner, span())
    draft.policy.forward.rules = [draft.rule(.allow, "any", from: from)]
    let rest = addresses("192.0.2.0/28").subtracting(addresses("192.0.2.4")).complement()
    #expect(
      draft.resolved().policy?.forward?.rules.first?.from.parts == [
        .init(zones: ZoneSet(zones: [0, 1], others: false), addresses: rest)
      ])
  }

  @Test
  func takesAWholeZoneAway() {
    var draft = router()
    let from = EndpointExpression.restricted(
      zone: nil, network: nil, except: draft.list(["internet"]), span())
    draft.policy.inbound.rules = [draft.rule(.allow, "ssh", from: from)]
    #expect(
      draft.resolved().policy?.inbound.rules.first?.from.parts == [
        .init(zones: ZoneSet(zones: [1, 2], others: true), addresses: .any)
      ])
  }

  @Test
  func warnsWhereNothingIsLeft() {
    var draft = router()
    let except = draft.list(["192.0.2.0/24"])
    let from = EndpointExpression.restricted(
      zone: nil, network: draft.list(["noc"]), except: except, span())
    var rule = draft.rule(.allow, "ssh", from: from)
    draft.policy.inbound.rules = [rule]
    #expect(draft.resolved().findings == ["nothing-left: 192.0.2.0/24"])
    #expect(draft.resolved().policy != nil)

    rule.waivers = [Waiver(check: draft.scalar("nothing-left"), reason: draft.scalar("template"))]
    draft.policy.inbound.rules = [rule]
    #expect(draft.resolved().findings == [])
  }

  @Test
  func meansEverythingDeliveredHereBySelf() {
    var draft = router()
    let here = draft.list(["self"])
    draft.policy.inbound.rules = [draft.rule(.allow, "ssh", to: here)]
    draft.policy.outbound.rules = [draft.rule(.deny, "ssh", from: here)]
    let resolved = draft.resolved().policy
    #expect(resolved?.inbound.rules.first?.to.addresses(in: 2) == .any)
    #expect(resolved?.outbound.rules.first?.from.addresses(in: nil) == .any)
  }

  @Test
  func refusesAZoneOnTheWrongSideAndSelfInForward() {
    var draft = router()
    let zone = draft.list(["servers"])
    let here = draft.list(["self"])
    draft.policy.inbound.rules = [draft.rule(.allow, "ssh", to: zone)]
    draft.policy.outbound.rules = [draft.rule(.allow, "ssh", from: zone)]
    draft.policy.forward.rules = [draft.rule(.allow, "ssh", to: here)]
    let outcome = draft.resolved()
    #expect(
      outcome.findings.sorted() == [
        "misplaced-self: self", "zone-on-wrong-side: servers", "zone-on-wrong-side: servers",
      ])
    #expect(outcome.diagnostics.allSatisfy { !$0.help.isEmpty })
  }

  @Test
  func tellsZonesFromNetworksInTheirKeys() {
    var draft = router()
    let from = EndpointExpression.restricted(
      zone: draft.list(["noc"]), network: draft.list(["servers"]), except: nil, span())
    draft.policy.inbound.rules = [draft.rule(.allow, "ssh", from: from)]
    #expect(
      draft.resolved().findings == ["wrong-kind-of-name: noc", "wrong-kind-of-name: servers"])
  }

  // MARK: Services

  @Test
  func attachesHelpersByNameOnly() {
    var draft = PolicyDraft()
    draft.service("files", "ftp", "tcp/8021")
    draft.policy.inbound.rules = [
      draft.rule(.allow, "ftp"), draft.rule(.allow, "files"), draft.rule(.allow, "tcp/21"),
      draft.rule(.allow, "any"), draft.rule(.deny, "ftp"),
    ]
    let use = HelperUse(helper: .ftp, service: .port(.tcp, 21))
    #expect(
      draft.resolved().policy?.inbound.rules.map(\.helpers) == [[use], [use], [], [], []])
  }

  @Test
  func refusesPublishedOutsideTheForwardRulesOfAHost() {
    var draft = router()
    var rule = draft.rule(.allow, "any")
    rule.published = draft.services(["https"])
    draft.policy.forward.rules = [rule]
    #expect(draft.resolved().findings == ["key-out-of-place: https"])
  }

  @Test
  func matchesPublishedPortsInsteadOfAService() {
    var draft = PolicyDraft()
    draft.zone("containers", "docker0", kind: .containers)
    var rule = draft.rule(.allow, "any")
    rule.published = draft.services(["https"])
    draft.policy.forward.rules = [rule]
    #expect(draft.resolved().policy?.forward?.rules.first?.published == .port(.tcp, 443))

    var named = draft.rule(.allow, "http")
    named.published = draft.services(["https"])
    draft.policy.forward.rules = [named]
    #expect(draft.resolved().findings == ["bad-published: http"])
    #expect(draft.resolved().replacements == ["any"])

    rule.published = draft.services(["icmp/echo-request"])
    draft.policy.forward.rules = [rule]
    #expect(draft.resolved().findings == ["bad-published: icmp/echo-request"])
  }

  // MARK: Sections

  @Test
  func refusesForwardOnAHostWithoutContainers() {
    var draft = PolicyDraft()
    draft.policy.forward = RuleSection(
      rules: [draft.rule(.allow, "ssh")], keySpan: draft.scalar("forward").span)
    #expect(draft.resolved().findings == ["forward-on-host: forward"])

    draft.zone("containers", "docker0", kind: .containers)
    let resolved = draft.resolved().policy
    #expect(resolved?.forward?.rules.count == 1)
    // What no rule denies is left to other tables.
    #expect(resolved?.forward?.defaultLog == nil)
  }

  @Test
  func hasNoForwardOnAPlainHost() {
    let resolved = PolicyDraft().resolved().policy
    #expect(resolved != nil)
    #expect(resolved?.forward == nil)
  }

  @Test
  func refusesAUserOutsideOutboundAndALimitOnADeny() {
    var draft = PolicyDraft()
    var user = draft.rule(.allow, "ssh")
    user.users = [draft.scalar("1000")]
    var limit = draft.rule(.deny, "ssh")
    limit.limit = draft.located(.connectionsPerSource(5), as: "5 connections per source")
    draft.policy.inbound.rules = [user, limit]
    #expect(
      draft.resolved().findings == [
        "key-out-of-place: 1000", "key-out-of-place: 5 connections per source",
      ])
  }

  // MARK: Names

  @Test
  func namesRulesFromTheirContent() {
    var draft = router()
    let noc = draft.list(["noc"])
    let literal = draft.list(["2001:db8::/32", "192.0.2.1-192.0.2.9"])
    var taken = draft.rule(.allow, "https")
    taken.name = draft.scalar("allow-http")
    draft.policy.inbound.rules = [
      draft.rule(.allow, "ssh", from: noc), draft.rule(.allow, "ssh", from: noc),
      draft.rule(.deny, "tcp/25", "udp/53", from: literal), draft.rule(.allow, "http"), taken,
    ]
    draft.policy.outbound.rules = [draft.rule(.reject, "any", to: draft.list(["servers"]))]
    let resolved = draft.resolved().policy
    #expect(
      resolved?.inbound.rules.map(\.name) == [
        "allow-ssh-from-noc", "allow-ssh-from-noc-2",
        "deny-tcp-25-udp-53-from-2001-db8-32-192.0.2.1-192.0.2.9", "allow-http-2", "allow-http",
      ])
    #expect(resolved?.outbound.rules.map(\.name) == ["reject-any-to-servers"])
  }

  @Test
  func cutsLongNamesToIdentifiersThatStayApart() {
    var draft = PolicyDraft()
    let many = (0..<40).map { "192.0.2.\($0)" }
    draft.policy.inbound.rules = [
      draft.rule(.allow, "ssh", from: draft.list(many)),
      draft.rule(.allow, "ssh", from: draft.list(many + ["192.0.2.99"])),
    ]
    let names = draft.resolved().policy?.inbound.rules.map(\.name) ?? []
    #expect(Set(names).count == 2)
    #expect(names.allSatisfy { $0.utf8.count <= 63 && !$0.hasSuffix("-2") })
  }

  @Test
  func showsBothRulesOfOneName() {
    var draft = PolicyDraft()
    var one = draft.rule(.allow, "ssh")
    one.name = draft.scalar("same")
    var two = draft.rule(.allow, "http")
    two.name = draft.scalar("same")
    draft.policy.inbound.rules = [one]
    draft.policy.outbound.rules = [two]
    let outcome = draft.resolved()
    #expect(outcome.findings == ["duplicate-name: same"])
    #expect(outcome.diagnostics.first?.primary?.span == two.name?.span)
    #expect(outcome.diagnostics.first?.secondary.first?.span == one.name?.span)
  }

  // MARK: Logs

  @Test
  func logsDenialsAndLimitExcessByDefault() {
    var draft = router()
    var limited = draft.rule(.allow, "ssh")
    limited.limit = draft.located(
      .rate(count: 10, unit: .minute, burst: 5, perSource: true), as: "10/minute per source")
    draft.policy.inbound.rules = [limited]
    let resolved = draft.resolved().policy
    let log = resolved?.inbound.defaultLog
    #expect(log?.prefix == "fwpolicy/inbound/default/deny: ")
    #expect(log?.rate == LogRate(count: 10, unit: .second))
    #expect(log?.burst == 20)
    #expect(log?.to == .kernel)
    #expect(resolved?.forward?.defaultLog?.prefix == "fwpolicy/forward/default/deny: ")
    #expect(resolved?.outbound.defaultLog == nil)
    #expect(resolved?.inbound.rules.first?.log == nil)
    #expect(
      resolved?.inbound.rules.first?.excessLog?.prefix == "fwpolicy/inbound/allow-ssh/limit: ")
    #expect(resolved?.antiSpoofingLog?.prefix == "fwpolicy/anti-spoofing/default/deny: ")
  }

  @Test
  func inheritsLogSettingsInwards() {
    var draft = router()
    var all = LogDeclaration(.none, span: span())
    all.to = draft.located(.group(5), as: "group 5")
    draft.policy.defaults.log = all
    var inbound = LogDeclaration(.on, span: span())
    inbound.rate = draft.located(LogRate(count: 2, unit: .minute), as: "2/minute")
    draft.policy.inbound.log = inbound
    var rule = draft.rule(.deny, "ssh")
    rule.log = LogDeclaration(.on, span: span())
    rule.log?.prefix = draft.scalar("ssh: ")
    draft.policy.inbound.rules = [rule]
    let resolved = draft.resolved().policy
    #expect(resolved?.inbound.defaultLog?.to == .group(5))
    #expect(resolved?.inbound.defaultLog?.rate == LogRate(count: 2, unit: .minute))
    #expect(resolved?.inbound.rules.first?.log?.prefix == "ssh: ")
    #expect(resolved?.inbound.rules.first?.log?.to == .group(5))
    // `log: none` of the defaults holds where nothing nearer speaks.
    #expect(resolved?.forward?.defaultLog == nil)
    #expect(resolved?.antiSpoofingLog == nil)
  }

  /// What is accepted and what is over the limit must not look alike in the log.
  @Test(arguments: [
    ("ssh: ", "ssh/over: "), ("ssh", "ssh/over: "), ("[ssh] ", "[ssh]/over: "),
    (": ", "/over: "),
    (String(repeating: "p", count: 127), String(repeating: "p", count: 120) + "/over: "),
    (String(repeating: "é", count: 63), String(repeating: "é", count: 60) + "/over: "),
  ])
  func marksTheExcessUnderAnOwnPrefix(own: String, excess: String) {
    var draft = router()
    var limited = draft.rule(.allow, "ssh")
    limited.limit = draft.located(
      .rate(count: 10, unit: .minute, burst: 5, perSource: false), as: "10/minute")
    var logged = limited
    logged.log = LogDeclaration(.on, span: span())
    logged.log?.prefix = draft.scalar(own)
    draft.policy.inbound.rules = [logged]
    draft.policy.forward.rules = [limited]
    draft.policy.forward.log = logged.log
    let resolved = draft.resolved().policy
    #expect(resolved?.inbound.rules.first?.log?.prefix == own)
    #expect(resolved?.inbound.rules.first?.excessLog?.prefix == excess)
    // A section's prefix reaches its denies too.
    #expect(resolved?.forward?.rules.first?.excessLog?.prefix == excess)
    #expect(resolved?.forward?.defaultLog?.prefix == own)
  }

  @Test
  func keepsThePrefixWithinTheKernelsLimit() {
    var draft = PolicyDraft()
    var rule = draft.rule(.reject, "ssh")
    rule.name = draft.scalar(String(repeating: "r", count: 200))
    rule.log = LogDeclaration(.on, span: span())
    var own = draft.rule(.deny, "http")
    own.log = LogDeclaration(.on, span: span())
    own.log?.prefix = draft.scalar("say \"a\\b\"\t" + String(repeating: "é", count: 100))
    draft.policy.inbound.rules = [rule, own]
    let outcome = draft.resolved()
    let prefixes = outcome.policy?.inbound.rules.compactMap(\.log?.prefix) ?? []
    #expect(prefixes.map(\.utf8.count) == [127, 127 - 1])
    #expect(prefixes.first?.hasSuffix("r/reject: ") == true)
    #expect(prefixes.last?.hasPrefix("say 'a/b' é") == true)
    #expect(outcome.diagnostics.map(\.code.name) == ["log-prefix-changed"])
  }
}
