import Diagnostics
import NetworkTypes
import PolicyLanguage
import Testing

struct ResolutionGateTests {
  private func router() -> PolicyDraft {
    var draft = PolicyDraft(role: .router)
    draft.zone("internet", "eth0", kind: .outside)
    draft.zone("clients", "bng*", kind: .clients, networks: ["residential"])
    draft.zone("servers", "eth2", kind: .servers)
    draft.network("residential", "198.51.100.0/24")
    draft.network("relays", "192.0.2.25")
    return draft
  }

  @Test
  func governsNamedZonesAndThoseThatHoldANetwork() {
    var draft = router()
    draft.gate(clients: ["servers", "198.51.100.128/25"], relays: ["relays"])
    let outcome = draft.resolved()
    let gate = outcome.policy?.smtpEgress
    #expect(outcome.findings == [])
    #expect(gate?.clientZones == ZoneSet(zones: [1, 2], others: false))
    #expect(gate?.clientNetworks == addresses("198.51.100.128/25"))
    #expect(gate?.relays.addresses(in: 0) == addresses("192.0.2.25"))
    #expect(gate?.governsForward == true)
    #expect(gate?.governsOwn == true)
    #expect(gate?.action == .reject)
    #expect(gate?.log?.prefix == "fwpolicy/smtp-egress/default/reject: ")
  }

  @Test
  func warnsOfNetworksWithoutAZone() {
    var draft = router()
    draft.gate(clients: ["residential"])
    let outcome = draft.resolved()
    #expect(outcome.findings == ["gate-without-zone: residential"])
    #expect(outcome.policy?.smtpEgress?.clientZones.zones == [1])
    #expect(outcome.diagnostics.first?.help.first?.text == "name `clients` in `clients` too")
  }

  @Test(arguments: [("internet", true), ("any", true), ("servers", false), ("relays", false)])
  func warnsOfRelaysThatAreTheWorld(relays: String, isWide: Bool) {
    var draft = router()
    draft.gate(clients: ["clients"], relays: [relays])
    #expect(draft.resolved().findings == (isWide ? ["wide-relays: \(relays)"] : []))
    let check = draft.scalar("wide-relays")
    let reason = draft.scalar("a test")
    draft.policy.smtpEgress?.waivers = [Waiver(check: check, reason: reason)]
    #expect(draft.resolved().findings == [])
  }

  @Test
  func governsOwnMailByUsersOrRelays() {
    for (users, relays, governs) in [
      (["89"], nil, true), ([], nil, true), (nil, ["relays"], true), (nil, nil, false),
    ] as [([String]?, [String]?, Bool)] {
      var draft = router()
      draft.gate(clients: ["clients"], relays: relays, users: users)
      #expect(draft.resolved().policy?.smtpEgress?.governsOwn == governs)
    }
  }

  @Test
  func refusesAGateThatGovernsNothing() {
    var draft = router()
    draft.gate()
    #expect(draft.resolved().findings == ["gate-governs-nothing: smtp-egress"])
  }

  @Test
  func refusesClientsOnAHostWithoutContainers() {
    var draft = PolicyDraft()
    draft.zone("lan", "eth0")
    draft.gate(clients: ["lan"], users: ["89"])
    #expect(draft.resolved().findings == ["bad-gate-client: lan"])
    draft.zone("containers", "docker0", kind: .containers)
    #expect(draft.resolved().policy?.smtpEgress?.clientZones.zones == [0])
  }

  @Test
  func refusesAPartOfAZone() {
    var draft = router()
    draft.gate(clients: ["clients"])
    let zone = draft.list(["clients"])
    let network = draft.list(["residential"])
    let whole = draft.scalar("{ zone: clients, network: residential }").span
    draft.policy.smtpEgress?.clients = .restricted(
      zone: zone, network: network, except: nil, whole)
    #expect(
      draft.resolved().findings == [
        "bad-gate-client: { zone: clients, network: residential }"
      ])
  }

  @Test
  func refusesAZoneAsTheSourceOfAnException() {
    var draft = router()
    draft.gate(clients: ["clients"])
    draft.exception(["servers"])
    #expect(draft.resolved().findings == ["zone-on-wrong-side: servers"])
  }

  @Test
  func acceptsPrefixesInsideEachOther() {
    var draft = router()
    draft.gate(clients: ["clients"])
    draft.exception(["198.51.100.0/24"], to: ["relays"])
    draft.exception(["198.51.100.0/28"])
    draft.exception(nil, to: ["internet"])
    let outcome = draft.resolved()
    #expect(outcome.findings == [])
    #expect(
      outcome.policy?.smtpEgress?.allow.map(\.from) == [
        written("198.51.100.0/24"), written("198.51.100.0/28"), .any,
      ])
  }

  @Test(
    arguments: [
      (nil, 1_900_000_000, "`expires`"), (["relays"], nil, "`to`"),
    ] as [([String]?, Int64?, String)])
  func refusesEqualPrefixesWithDifferentAnswers(
    to: [String]?, expires: Int64?, difference: String
  ) {
    var draft = router()
    draft.gate(clients: ["clients"])
    draft.exception(["198.51.100.16/28"])
    draft.exception(["198.51.100.16-198.51.100.31"], to: to, expires: expires)
    let outcome = draft.resolved()
    #expect(outcome.findings == ["contradictory-exception: 198.51.100.16-198.51.100.31"])
    #expect(outcome.messages.first?.contains("`198.51.100.16/28`") == true)
    #expect(outcome.messages.first?.hasSuffix(difference) == true)
    #expect(outcome.diagnostics.first?.secondary.count == 1)
  }

  @Test
  func warnsOfAnExceptionMadeTwice() {
    var draft = router()
    draft.gate(clients: ["clients"])
    draft.exception(["198.51.100.16/28"])
    draft.exception(["198.51.100.16/28", "198.51.100.64"])
    let outcome = draft.resolved()
    #expect(outcome.diagnostics.map(\.code.name) == ["repeated-exception"])
    #expect(outcome.policy != nil)
  }

  @Test
  func adjacentPrefixesAreNotTheirUnion() {
    var draft = router()
    draft.gate(clients: ["clients"])
    draft.exception(["198.51.100.0/25", "198.51.100.128/25"])
    draft.exception(["198.51.100.0/24"], to: ["relays"])
    // What is written twice in one entry is there once.
    draft.exception(["2001:db8:b::/48", "2001:db8:b::/49", "2001:db8:b::/48"])
    let outcome = draft.resolved()
    #expect(outcome.findings == [])
    #expect(
      outcome.policy?.smtpEgress?.allow.map(\.from) == [
        written("198.51.100.0/25", "198.51.100.128/25"), written("198.51.100.0/24"),
        written("2001:db8:b::/48", "2001:db8:b::/49"),
      ])
  }

  /// What the prefixes of a network are where it is named by an exception.
  @Test(arguments: [
    ("inner", ["198.51.100.0/25", "198.51.100.128/25"]),
    (
      "outer",
      ["192.0.2.1/32", "192.0.2.2/31", "198.51.100.0/25", "198.51.100.128/25", "203.0.113.0/24"]
    ),
    ("listed", ["192.0.2.0/26", "192.0.2.64/26", "192.0.2.64/28"]),
    ("tabled", ["192.0.2.128/26", "192.0.2.192/26"]),
    ("ipv4", ["0.0.0.0/0"]),
    ("private", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]),
    ("any", ["0.0.0.0/0"]),
  ])
  func keepsPrefixesThroughNamedNetworks(name: String, expected: [String]) {
    var draft = router()
    // The order of declarations does not matter.
    draft.network("outer", "inner", "203.0.113.0/24", "middle")
    draft.network("middle", "inner", "192.0.2.1-192.0.2.3")
    draft.network("inner", "198.51.100.128/25", "198.51.100.0/25")
    draft.network("listed", .file(draft.scalar("listed.txt")))
    let column = draft.scalar("prefix")
    draft.network("tabled", .csv(path: draft.scalar("tabled.csv"), column: column, where: []))
    draft.gate(clients: ["clients"])
    draft.exception([name])
    let outcome = draft.resolved(files: [
      "listed.txt": "192.0.2.64/26\n192.0.2.64/28\n192.0.2.0/26\n192.0.2.64/26\n",
      "tabled.csv": "prefix\n192.0.2.128/26\n192.0.2.192/26\n",
    ])
    #expect(outcome.findings == [])
    let from = outcome.policy?.smtpEgress?.allow.first?.from
    #expect(from?.ipv4.prefixes.map(\.whole.description) == expected)
    #expect(from?.ipv4.prefixes.allSatisfy { $0.length == $0.blockLength } == true)
  }

  @Test
  func whatAnExceptLeavesKeepsTheLengthOfThePrefix() {
    var draft = router()
    draft.gate(clients: ["clients"])
    draft.exception(["198.51.100.0/24"])
    let network = draft.list(["198.51.100.0/24", "198.51.100.0/25"])
    let except = draft.list(["relays", "198.51.100.0/26"])
    let whole = draft.scalar("{ network: …, except: … }").span
    draft.policy.smtpEgress?.allow[0].from = .restricted(
      zone: nil, network: network, except: except, whole)
    // The same length and another answer: in the hole only.
    draft.exception(["198.51.100.0/26"], to: ["relays"])
    let outcome = draft.resolved()
    #expect(outcome.findings == [])
    let from = outcome.policy?.smtpEgress?.allow.first?.from
    #expect(
      from?.ipv4.prefixes.map { "\($0.block.addressDescription) of \($0.whole)" } == [
        "198.51.100.64/26 of 198.51.100.0/24", "198.51.100.64/26 of 198.51.100.0/25",
        "198.51.100.128/25 of 198.51.100.0/24",
      ])
  }

  /// One prefix is one prefix, whatever is cut out of it: outside of the hole there are two answers.
  @Test
  func refusesEqualPrefixesOfWhichOneIsCut() {
    var draft = router()
    draft.gate(clients: ["clients"])
    draft.exception(["198.51.100.0/24"], to: ["relays"])
    draft.exception(["198.51.100.0/24"])
    let network = draft.list(["198.51.100.0/24"])
    let except = draft.list(["198.51.100.0/26"])
    let whole = draft.scalar("cut").span
    draft.policy.smtpEgress?.allow[1].from = .restricted(
      zone: nil, network: network, except: except, whole)
    let outcome = draft.resolved()
    #expect(outcome.findings == ["contradictory-exception: cut"])
    #expect(outcome.messages.first?.contains("`198.51.100.0/24`") == true)
  }

  @Test
  func reportsEachPairOfEntriesOnce() {
    var draft = router()
    draft.gate(clients: ["clients"])
    draft.exception(["198.51.100.0/28", "198.51.100.32/28", "2001:db8:b::/48"])
    draft.exception(["2001:db8:b::/48", "198.51.100.32/28", "198.51.100.0/28"], to: ["relays"])
    let outcome = draft.resolved()
    #expect(outcome.codes.count == 1)
    #expect(outcome.messages.first?.contains("`198.51.100.0/28`") == true)
  }
}
