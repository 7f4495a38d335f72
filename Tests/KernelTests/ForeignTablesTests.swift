import Compiler
import Deployment
import Diagnostics
import Foundation
import Kernel
import Lowering
import NetworkTypes
import Nftables
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// `apply` changes its own table and nothing else, whatever becomes of it.
@Suite struct ForeignTablesTests {
  static let policy = """
    fwpolicy: 1
    name: mx1
    networks:
      noc: [192.0.2.0/28, 192.0.2.64/28, 2001:db8:10::/64]
    inbound:
      - { allow: smtp }
      - { allow: ssh, from: noc, limit: 10/minute per source }
      - { deny: imaps, from: noc, log: true }

    """

  /// A container engine's tables and a ban tool's, as they make them.
  static let foreign = """
    table ip nat {
      chain DOCKER { iifname "docker0" counter return; }
      chain PREROUTING {
        type nat hook prerouting priority dstnat; policy accept;
        fib daddr type local counter jump DOCKER
      }
      chain POSTROUTING {
        type nat hook postrouting priority srcnat; policy accept;
        oifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade
      }
    }
    table ip filter {
      chain DOCKER {
        ip daddr 172.17.0.2 iifname != "docker0" oifname "docker0" tcp dport 8443 counter accept
      }
      chain DOCKER-ISOLATION-STAGE-1 {
        iifname "docker0" oifname != "docker0" counter jump DOCKER-ISOLATION-STAGE-2
        counter return
      }
      chain DOCKER-ISOLATION-STAGE-2 { oifname "docker0" counter drop; counter return; }
      chain DOCKER-USER { counter return; }
      chain FORWARD {
        type filter hook forward priority filter; policy drop;
        counter jump DOCKER-USER
        counter jump DOCKER-ISOLATION-STAGE-1
        oifname "docker0" ct state related,established counter accept
        oifname "docker0" counter jump DOCKER
        iifname "docker0" oifname != "docker0" counter accept
      }
    }
    table inet f2b-table {
      set addr-set-sshd { type ipv4_addr; elements = { 203.0.113.5, 203.0.113.77 }; }
      set addr6-set-sshd { type ipv6_addr; flags timeout; timeout 1d; }
      set bans {
        type ipv4_addr; flags timeout; timeout 10m; elements = { 203.0.113.9 timeout 300d }
      }
      chain f2b-chain {
        type filter hook input priority filter - 1; policy accept;
        tcp dport 22 ip saddr @addr-set-sshd reject with icmp port-unreachable
        tcp dport 22 ip6 saddr @addr6-set-sshd reject with icmpv6 port-unreachable
        ip saddr @bans drop
      }
    }

    """

  /// Applies as `fwpolicy apply` does.
  static func apply(
    _ compiled: CompiledPolicy, in namespace: NetworkNamespace, session: SSHSession? = nil,
    _ change: (inout Application.Options) -> Void = { _ in }
  ) throws -> Staged<Application.Report> {
    var options = Application.Options()
    change(&options)
    let application = Application(
      policy: compiled.policy, lowered: compiled.lowered, options: options)
    return try namespace.enter {
      application.run(
        session: session, now: Timestamp(seconds: 1_767_225_600), transport: try NetlinkSocket())
    }
  }

  static func listing(_ namespace: NetworkNamespace) throws -> String {
    try namespace.run(["nft", "list", "ruleset"])
  }

  /// Without how long a ban still lasts, which the clock changes.
  static func timeless(_ listing: String) -> String {
    listing.replacing(/\ expires [0-9a-z]+/, with: "")
  }

  /// A listing without our table.
  static func foreignListing(_ namespace: NetworkNamespace) throws -> String {
    var lines: [Substring] = []
    var isOurs = false
    for line in try listing(namespace).split(separator: "\n") {
      if line.hasPrefix("table ") { isOurs = line == "table inet fwpolicy {" }
      if !isOurs { lines.append(line) }
    }
    return timeless(lines.joined(separator: "\n"))
  }

  static func generation(_ namespace: NetworkNamespace) throws -> UInt32 {
    try namespace.enter { try Dump.generation(NetlinkSocket()) }
  }

  /// The policy with a map in which one more element overlaps the first: the kernel refuses it.
  static func overlapping(_ compiled: CompiledPolicy) throws -> (CompiledPolicy, SourceSpan) {
    var broken = compiled
    for index in broken.lowered.table.sets.indices {
      let set = broken.lowered.table.sets[index]
      guard set.isInterval, set.key.last == .ipv4Address, case .tuples(var elements) = set.elements,
        var added = elements.first
      else { continue }
      // From the middle of 192.0.2.0/28 to beyond its end.
      added.key[added.key.count - 1] = .range(0xc000_0208, 0xc000_0217)
      added.verdict = .drop
      elements.append(added)
      broken.lowered.table.sets[index].elements = .tuples(elements)
      return (broken, try #require(broken.lowered.span(of: set.origin)))
    }
    Issue.record("the policy has no such map")
    return (broken, broken.policy.nameSpan)
  }

  // MARK: Other tables

  /// Lines in any order: base chains stay, so that they stand first after a change in place; and
  /// without the version, which then stands at a chain, too.
  private static func ownListing(_ namespace: NetworkNamespace) throws -> [Substring] {
    try namespace.run(["nft", "list", "table", "inet", "fwpolicy"]).split(separator: "\n")
      .filter { !$0.contains("comment \"fwpolicy ") }.sorted()
  }

  @Test func tablesOfOthersSurviveEverythingThatApplyDoes() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: Self.foreign)
    let before = try Self.foreignListing(namespace)
    #expect(before.contains("DOCKER-USER"))
    #expect(before.contains("203.0.113.9"))
    let compiled = try CompiledPolicy(Self.policy)

    let dry = try Self.apply(compiled, in: namespace) { $0.isDryRun = true }
    #expect(dry.value != nil)
    #expect(try Self.foreignListing(namespace) == before)

    let first = try Self.apply(compiled, in: namespace)
    #expect(first.value?.replaced == false)
    #expect(try Self.foreignListing(namespace) == before)
    let ours = try Self.ownListing(namespace)

    let again = try Self.apply(compiled, in: namespace)
    #expect(again.value?.replaced == true)
    #expect(try Self.foreignListing(namespace) == before)
    #expect(try Self.ownListing(namespace) == ours)

    let (broken, _) = try Self.overlapping(compiled)
    let failed = try Self.apply(broken, in: namespace)
    #expect(failed.value == nil)
    #expect(try Self.foreignListing(namespace) == before)
    #expect(try Self.ownListing(namespace) == ours)
  }

  // MARK: A table of the same name

  static let handmade = """
    table inet fwpolicy {
      chain input { type filter hook input priority filter; policy accept; tcp dport 22 accept; }
    }

    """

  @Test(arguments: [nil, "made by hand"])
  func aTableOfThatNameThatIsNotOursIsRefusedAndStays(comment: String?) throws {
    let namespace = try NetworkNamespace()
    let text =
      comment.map {
        Self.handmade.replacing("fwpolicy {\n", with: "fwpolicy {\n comment \"\($0)\"\n")
      } ?? Self.handmade
    try namespace.run(["nft", "-f", "-"], input: text)
    let before = try Self.listing(namespace)
    let compiled = try CompiledPolicy(Self.policy)
    for isDryRun in [true, false] {
      let refused = try Self.apply(compiled, in: namespace) { $0.isDryRun = isDryRun }
      #expect(refused.value == nil)
      #expect(refused.diagnostics.map(\.code) == [.foreignTable])
      #expect(try Self.listing(namespace) == before)
    }
  }

  @Test func aTableOfThatNameIsReplacedWithAdopt() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: Self.handmade)
    let compiled = try CompiledPolicy(Self.policy)
    let adopted = try Self.apply(compiled, in: namespace) { $0.adopt = true }
    #expect(adopted.value?.replaced == true)
    #expect(adopted.diagnostics.isEmpty)
    let fresh = try NetworkNamespace()
    _ = try Self.apply(compiled, in: fresh)
    #expect(try Self.listing(namespace) == Self.listing(fresh))
    // From then on it is ours.
    #expect(try Self.apply(compiled, in: namespace).value?.replaced == true)
  }

  /// Tables of another family that has our name are others' too.
  @Test func aTableOfThatNameInAnotherFamilyIsNotOurs() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: "table ip fwpolicy { chain c { accept; }; }\n")
    let applied = try Self.apply(try CompiledPolicy(Self.policy), in: namespace)
    #expect(applied.value?.replaced == false)
    #expect(try namespace.run(["nft", "list", "table", "ip", "fwpolicy"]).contains("chain c"))
  }

  // MARK: Transactions

  @Test func aDryRunCommitsNothing() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: Self.foreign)
    let generation = try Self.generation(namespace)
    let before = try namespace.run(["nft", "-a", "list", "ruleset"])
    let dry = try Self.apply(try CompiledPolicy(Self.policy), in: namespace) { $0.isDryRun = true }
    #expect(dry.value?.isDryRun == true)
    #expect(try Self.generation(namespace) == generation)
    let after = try namespace.run(["nft", "-a", "list", "ruleset"])
    #expect(
      Self.timeless(after) == Self.timeless(before))
  }

  /// Somebody else commits between our reading and our commit, a few times.
  @Test(arguments: [1, 4])
  func aStaleGenerationIsReadAnew(interruptions: Int) throws {
    let namespace = try NetworkNamespace()
    let compiled = try CompiledPolicy(Self.policy)
    let application = Application(
      policy: compiled.policy, lowered: compiled.lowered, options: Application.Options())
    let result = try namespace.enter {
      application.run(
        session: nil, now: Timestamp(seconds: 0),
        transport: try Meddling(times: interruptions) { number in
          try namespace.run(["nft", "add", "table", "inet", "other\(number)"])
        })
    }
    #expect(result.value != nil)
    #expect(result.diagnostics.isEmpty)
    let listing = try Self.listing(namespace)
    #expect(listing.contains("table inet fwpolicy {"))
    #expect(listing.contains("table inet other\(interruptions)"))
  }

  @Test func aRulesetThatNeverRestsIsGivenUpOn() throws {
    let namespace = try NetworkNamespace()
    let compiled = try CompiledPolicy(Self.policy)
    let application = Application(
      policy: compiled.policy, lowered: compiled.lowered, options: Application.Options())
    let result = try namespace.enter {
      application.run(
        session: nil, now: Timestamp(seconds: 0),
        transport: try Meddling(times: .max) { number in
          try namespace.run(["nft", "add", "table", "inet", "other\(number)"])
        })
    }
    #expect(result.value == nil)
    #expect(result.diagnostics.map(\.code) == [.rulesetChanged])
    #expect(try !Self.listing(namespace).contains("table inet fwpolicy {"))
  }

  /// A table that appears while we read is not ours, however late it comes.
  @Test func aForeignTableThatAppearsMeanwhileIsRefused() throws {
    let namespace = try NetworkNamespace()
    let compiled = try CompiledPolicy(Self.policy)
    let application = Application(
      policy: compiled.policy, lowered: compiled.lowered, options: Application.Options())
    let result = try namespace.enter {
      application.run(
        session: nil, now: Timestamp(seconds: 0),
        transport: try Meddling(times: 1) { _ in
          try namespace.run(["nft", "-f", "-"], input: Self.handmade)
        })
    }
    #expect(result.diagnostics.map(\.code) == [.foreignTable])
    #expect(try Self.listing(namespace).contains("tcp dport 22 accept"))
  }

  @Test func aKernelErrorComesBackAtThePolicysLine() throws {
    let namespace = try NetworkNamespace()
    let (broken, span) = try Self.overlapping(try CompiledPolicy(Self.policy))
    for isDryRun in [true, false] {
      let result = try Self.apply(broken, in: namespace) { $0.isDryRun = isDryRun }
      #expect(result.value == nil)
      let diagnostic = try #require(result.diagnostics.first)
      #expect(result.diagnostics.count == 1)
      #expect(diagnostic.code == .kernelRefused)
      #expect(diagnostic.message.contains("File exists (errno 17)"))
      #expect(diagnostic.primary?.span == span)
      #expect(diagnostic.notes.last == "nothing was changed")
    }
    #expect(try Self.listing(namespace) == "")
    #expect(broken.compilation.sources.citation(of: span).hasPrefix("policy.yaml:"))
  }
}

/// The kernel's socket, and somebody who commits something else just before each batch of ours.
private struct Meddling: ~Copyable, NetlinkTransport {
  private let socket: NetlinkSocket
  private let times: Int
  private let meddle: (Int) throws -> Void
  private let count = Counter()

  private final class Counter { var value = 0 }

  init(times: Int, _ meddle: @escaping (Int) throws -> Void) throws(NetlinkError) {
    socket = try NetlinkSocket()
    self.times = times
    self.meddle = meddle
  }

  func send(_ datagram: [UInt8]) throws(NetlinkError) {
    // NFNL_MSG_BATCH_BEGIN, linux/netfilter/nfnetlink.h.
    if datagram[4] == 0x10, datagram[5] == 0, count.value < times {
      count.value += 1
      do { try meddle(count.value) } catch { Issue.record("cannot meddle: \(error)") }
    }
    try socket.send(datagram)
  }

  func receive() throws(NetlinkError) -> [UInt8]? { try socket.receive() }
}
