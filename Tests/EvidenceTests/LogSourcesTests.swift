import Diagnostics
import Evidence
import NetworkTypes
import PolicyLanguage
import Testing

/// Who logged a packet, and whose it is.
@Suite struct LogSourcesTests {
  @Test func theGroupsAreThoseOfEveryPart() throws {
    let sources = try WatchFixture().join.sources
    #expect(sources.groups == [5, 9])
    #expect(!sources.logsToKernel)
    let kernel = try WatchFixture("fwpolicy: 1\nname: p\n").join.sources
    #expect(kernel.groups == [])
    #expect(kernel.logsToKernel)
    let silent = try WatchFixture("fwpolicy: 1\nname: p\ndefaults: { log: none }\n").join.sources
    #expect(!silent.logsToKernel)
  }

  /// Prefix, then what it stands for.
  @Test(arguments: [
    ("fwpolicy/smtp-egress/default/reject: ", "the gate `smtp-egress`", "reject", 17),
    ("fwpolicy/inbound/default/deny: ", "the inbound default", "deny", 12),
    ("fwpolicy/forward/default/deny: ", "the forward default", "deny", 15),
    ("fwpolicy/inbound/probe/deny: ", "rule `probe`", "deny", 14),
    ("fwpolicy/inbound/ssh/limit: ", "the limit of rule `ssh`", "deny", 13),
    ("out: ", "rule `out`", "allow", 16),
    // Laid to the zone that the packet came in by.
    ("fwpolicy/anti-spoofing/default/deny: ", "anti-spoofing", "deny", 7),
  ])
  func aPrefixStandsForAPartOfThePolicy(
    prefix: String, words: String, verdict: String, line: Int
  ) throws {
    var fixture = try WatchFixture()
    let origin = fixture.event(WatchFixture.packet(prefix)).origin
    #expect(origin.words == words)
    #expect(origin.verdict == verdict)
    #expect(origin.place == Place(file: "policy.yaml", line: line))
  }

  @Test func aRuleHasAnOwnerAndATicket() throws {
    var fixture = try WatchFixture()
    guard
      case .known(let source) = fixture.event(
        WatchFixture.packet("fwpolicy/inbound/ssh/limit: ")
      ).origin
    else {
      Issue.record("the limit of ssh is known")
      return
    }
    #expect(source.owner == "noc")
    #expect(source.ticket == "N-1")
    #expect(source.isExcess)
  }

  @Test func aPrefixOfAnOlderPolicyIsStillRead() throws {
    var fixture = try WatchFixture()
    let origin = fixture.event(WatchFixture.packet("fwpolicy/inbound/gone/deny: ")).origin
    #expect(origin.words == "rule `gone`")
    #expect(origin.verdict == "deny")
    #expect(origin.place == nil)
  }

  @Test(arguments: [
    "", "other", "fwpolicy/", "fwpolicy/a/b: ", "fwpolicy/a/b/c: ", "fwpolicy/a//deny: ",
    "fwpolicy/a/b/deny", "fwpolicy/a/b/c/deny: ",
  ])
  func aForeignPrefixIsUnknown(prefix: String) throws {
    var fixture = try WatchFixture()
    #expect(fixture.event(WatchFixture.packet(prefix)).origin == .unknown)
  }

  private static let shared = """
    fwpolicy: 1
    name: p
    defaults: { log: { to: group 5, prefix: "fw: " } }
    inbound:
      - { name: a, deny: telnet, log: true }
      - { name: b, deny: tcp/24, log: true }
    """

  /// One prefix for all: what the policy says of the packet tells them apart.
  @Test func aSharedPrefixIsToldApartByThePacket() throws {
    var fixture = try WatchFixture(Self.shared)
    var words: [String] = []
    for port in [UInt16(23), 24, 80] {
      var packet = WatchFixture.packet("fw: ", port: port)
      packet.hook = .input
      packet.outputInterface = nil
      words.append(fixture.event(packet).origin.words)
    }
    #expect(words == ["rule `a`", "rule `b`", "the inbound default"])
  }

  /// Of what is no packet of the policy's nothing is guessed.
  @Test func whatThePacketDoesNotTellApartIsSaidToBeOneOfSome() throws {
    var fixture = try WatchFixture(Self.shared)
    var packet = WatchFixture.packet("fw: ")
    packet.headers = nil
    let origin = fixture.event(packet).origin
    #expect(origin.words == "one of rule `a`, rule `b`, the inbound default")
    #expect(origin.verdict == "deny")
    #expect(origin.place == nil)
  }

  // MARK: Whose it is

  /// Address, name, prefix.
  @Test(arguments: [
    ("198.51.100.7", "pool", nil),
    ("198.51.100.16", "acme", "198.51.100.16/28"),
    ("198.51.100.31", "acme", "198.51.100.16/28"),
    // The longest prefix decides.
    ("198.51.100.20", "acme's branch", "198.51.100.20"),
    ("198.51.100.32", "pool", nil),
    // The smallest network, of equal ones the first.
    ("198.51.100.70", "office", nil),
  ])
  func anAddressBelongsToTheLongestPrefixThatHoldsIt(
    address: String, name: String, prefix: String?
  ) throws {
    var fixture = try WatchFixture()
    let event = fixture.event(WatchFixture.packet("", from: address))
    #expect(event.source?.name == name)
    #expect(event.source?.prefix == prefix)
    #expect(event.destination == nil)
  }

  @Test func anAddressOfIPv6BelongsToSomebodyToo() throws {
    var fixture = try WatchFixture()
    let event = fixture.event(
      WatchFixture.packet("", from: "2001:db8:b:2::1", to: "2001:db8:b:1::9"))
    #expect(event.source?.name == "pool")
    #expect(event.destination?.name == "beta")
    #expect(event.destination?.prefix == "2001:db8:b:1::/64")
    #expect(event.destination?.place == Place(file: "policy.yaml", line: 22))
  }

  /// Rows of the inventory and `allow` entries are one table.
  @Test func aRowOfTheInventoryIsASubject() throws {
    let fixture = try WatchFixture()
    var policy = fixture.policy
    var rows: [Subnet] = []
    for (prefix, name) in [
      ("198.51.100.0/25", "block"), ("198.51.100.16/28", "same as acme's"),
      ("198.51.100.21/32", "one"), ("2001:db8:b:1:2::/80", "six"),
    ] {
      let literal = try #require(IPPrefix(try parseAddressLiteral(prefix)))
      rows.append(Subnet(prefix: literal, name: name, answer: .blocked, span: policy.nameSpan))
    }
    rows[0].owner = "o"
    rows[0].ticket = "t"
    policy.smtpEgress?.subnets = rows
    let directory = AddressDirectory(of: policy) { _ in Place(file: "inventory.csv", line: 2) }
    func name(_ text: String) -> String? {
      if let address = IPv4Address(text) { return directory.subject(of: address)?.name }
      return IPv6Address(text).flatMap { directory.subject(of: $0)?.name }
    }
    #expect(name("198.51.100.7") == "block")
    // Of a row and an exception of equal length the row; of unequal ones the longer.
    #expect(name("198.51.100.17") == "same as acme's")
    #expect(name("198.51.100.20") == "acme's branch")
    #expect(name("198.51.100.21") == "one")
    #expect(name("198.51.100.200") == "pool")
    #expect(name("2001:db8:b:1:2::9") == "six")
    #expect(name("2001:db8:b:1:3::9") == "beta")
    #expect(name("192.0.2.1") == nil)
    let row = directory.subject(of: IPv4Address(bits: 0xc633_6407))
    #expect(row?.kind == .subnet)
    #expect(row?.answer == .blocked)
    #expect(row?.prefix == "198.51.100.0/25")
    #expect(row?.words == "block (owner o, ticket t)")
  }

  @Test func wordsOfASubjectHaveOwnerAndTicket() throws {
    var fixture = try WatchFixture()
    let subject = fixture.event(WatchFixture.packet("", from: "198.51.100.17")).source
    #expect(subject?.words == "acme (ticket NET-4211)")
  }
}
