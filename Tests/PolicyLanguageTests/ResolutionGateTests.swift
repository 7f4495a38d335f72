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
        addresses("198.51.100.0/24"), addresses("198.51.100.0/28"), .any,
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
}
