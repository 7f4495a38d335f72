import Diagnostics
import NetworkTypes
import PolicyLanguage
import Testing

/// Resolution of whole texts: the examples of the language, and helps that can be pasted.
struct ResolutionTextTests {
  static let mailHost = """
    fwpolicy: 1
    name: mx1
    role: host
    users: { postfix: 89 }
    networks:
      noc: [192.0.2.0/28, 2001:db8:10::/64]
    inbound:
      - { allow: smtp, serves: mx }
      - { allow: [submission, submissions], serves: msa, limit: 30/minute per source }
      - { allow: [imaps, https] }
      - { allow: ssh, from: noc, limit: 10/minute per source }
      - { allow: ping }
    smtp-egress:
      users: [postfix]

    """

  static let edge = """
    fwpolicy: 1
    name: yvr-edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients:  { kind: clients, interfaces: ["bng*"], networks: [residential, business] }
      servers:  { kind: servers, interfaces: [eth2] }
    networks:
      residential: { file: lists/residential.txt, class: residential }
      business:    { of: [198.51.100.0/24, 2001:db8:b::/48], class: business }
      mail-relays: [192.0.2.25, 2001:db8:25::25]
      noc:         [192.0.2.0/28]
    inbound:
      - { allow: [ssh, snmp], from: noc }
      - { allow: bgp, from: [192.0.2.129, 192.0.2.130] }
    forward:
      - from: clients
        to: internet
        rules:
          - { name: clients-out, allow: any }
      - { allow: [smtp, submission, submissions, imaps, pop3s], to: mail-relays }
      - { allow: [smtp, dns], from: mail-relays, to: internet }
    smtp-egress:
      clients: clients
      relays: mail-relays
      allow:
        - { from: 198.51.100.16/28, owner: acme, ticket: NET-4211, expires: 2027-06-30 }
      action: reject

    """

  @Test
  func resolvesTheMailServer() {
    let outcome = TextPolicy(Self.mailHost).resolved()
    #expect(outcome.findings == [])
    #expect(
      outcome.policy?.inbound.rules.map(\.name) == [
        "allow-smtp", "allow-submission-submissions", "allow-imaps-https", "allow-ssh-from-noc",
        "allow-ping",
      ])
    #expect(outcome.policy?.smtpEgress?.users == [89])
    #expect(outcome.policy?.smtpEgress?.governsForward == false)
    #expect(outcome.policy?.forward == nil)
  }

  @Test
  func resolvesTheEdgeRouter() {
    let list = "203.0.113.0/24\n2001:db8:a::/48 # homes\n"
    let outcome = TextPolicy(Self.edge, files: ["lists/residential.txt": list]).resolved()
    #expect(outcome.findings == [])
    let policy = outcome.policy
    #expect(policy?.zones[1].antiSpoofing == [.networks])
    #expect(policy?.forward?.rules.first?.from.addresses(in: 1) == .any)
    #expect(policy?.forward?.rules.first?.from.addresses(in: 0).isEmpty == true)
    #expect(policy?.smtpEgress?.clientZones == ZoneSet(zones: [1], others: false))
    #expect(policy?.smtpEgress?.allow.first?.from == written("198.51.100.16/28"))
    #expect(policy?.networks.first?.networkClass == .residential)
  }

  /// Each replacement, pasted, leaves nothing to say.
  @Test(arguments: [
    ("from: noc,", "from: nco,"),
    ("from: noc,", "from: 192.0.2.20/24,"),
    ("from: noc,", "from: \"192.0.2.20/24\","),
    ("from: noc,", "from: [\"2001:db8::1/32\", noc],"),
    ("from: noc,", "from: { network: noc, except: 192.0.2.9-192.0.2.1 },"),
    ("allow: ssh", "allow: shh"),
    ("allow: ping", "allow: udp/2000-1000"),
    ("allow: ping", "allow: icmp/echo-requst"),
    ("users: [postfix]", "users: [postfx]"),
    ("noc: [192.0.2.0/28,", "noc: [192.0.2.0/255.255.255.240,"),
  ])
  func pastedHelpsAreClean(right: String, wrong: String) {
    let policy = TextPolicy(Self.mailHost.replacing(right, with: wrong))
    let outcome = policy.resolved()
    #expect(outcome.diagnostics.count == 1)
    let replacements = outcome.diagnostics.flatMap { $0.help.compactMap(\.replacement) }
    #expect(!replacements.isEmpty)
    for replacement in replacements {
      #expect(policy.applying(replacement, of: outcome)?.resolved().findings == [])
    }
  }

  /// A variable's value is corrected where it was written; a value made of pieces is not.
  @Test(arguments: [
    ("[192.0.2.1/24, 198.51.100.7]", "${admins}", 2), ("192.0.2.1/24", "${admins}", 2),
    ("192.0.2.1", "${admins}/24", 0),
  ])
  func correctsAVariableWhereItIsWritten(value: String, use: String, pasted: Int) {
    let policy = TextPolicy(
      """
      fwpolicy: 1
      name: v
      variables: { admins: \(value) }
      inbound:
        - { allow: ssh, from: "\(use)" }

      """)
    let outcome = policy.resolved()
    #expect(outcome.diagnostics.map(\.code) == [.badAddress])
    #expect(outcome.diagnostics.first?.secondary.count == 1)
    let replacements = outcome.diagnostics.flatMap { $0.help.compactMap(\.replacement) }
    #expect(replacements.count == pasted)
    for replacement in replacements {
      #expect(policy.applying(replacement, of: outcome)?.resolved().findings == [])
    }
  }

  @Test
  func readsAListBesideTheFileThatNamesIt() {
    let policy = TextPolicy(
      """
      fwpolicy: 1
      name: v
      networks: { n: { file: n.txt } }

      """, files: ["n.txt": "192.0.2.1\n192.0.2.300\n"])
    #expect(policy.resolved().findings == ["bad-list-entry: 192.0.2.300"])
  }
}
