import Deployment
import Diagnostics
import Foundation
import Kernel
import Lowering
import NetworkTypes
import Nftables
import PolicyLanguage
import TestSupport
import Testing

/// What an apply leaves alone, and the program that tells of it.
@Suite struct AppliedInPlaceTests {
  /// Each of `rules` is a whole rule.
  private func policy(_ rules: [String], name: String = "p") -> String {
    "fwpolicy: 1\nname: \(name)\ninbound:\n" + rules.map { "  - \($0)\n" }.joined()
  }

  private static let web = "{ name: web, allow: http, count: true }"
  private static let ssh = "{ name: ssh, allow: ssh, count: true, limit: 5/minute per source }"

  private func apply(
    _ text: String, in namespace: NetworkNamespace, startingAt count: UInt64? = nil,
    adopt: Bool = false
  ) throws -> Staged<Application.Report> {
    let subject = try PolicyUnderTest(text)
    let lowered = LoweredPolicy(table: subject.table, origins: subject.origins)
    return try namespace.enter {
      let socket = try NetlinkSocket()
      if let count {
        var table = lowered.table
        for index in table.objects.indices {
          table.objects[index].startingCount = CounterValue(packets: count, bytes: count)
        }
        _ = try KernelTransaction().replace(table: table, transport: socket)
      }
      var options = Application.Options()
      options.adopt = adopt
      return Application(policy: subject.policy, lowered: lowered, options: options)
        .run(session: nil, now: Timestamp(seconds: 0), transport: socket)
    }
  }

  private func counts(in namespace: NetworkNamespace) throws -> [String: UInt64] {
    try namespace.enter { try Dump.counters(ofTable: "fwpolicy", NetlinkSocket()) }
      .mapValues(\.packets)
  }

  /// A rule that is moved, limited otherwise, or stands beside another keeps its counter.
  @Test(arguments: [
    ["{ name: new, allow: dns, count: true }", web, ssh],
    [ssh, web],
    [web, "{ name: ssh, allow: ssh, count: true, limit: 9/minute per source }"],
    [web, "{ name: ssh, allow: ssh, count: true }"],
    ["{ name: web, allow: [http, https], count: true, from: 192.0.2.0/24 }", ssh],
  ])
  func aRuleKeepsItsCounter(rules: [String]) throws {
    let namespace = try NetworkNamespace()
    _ = try apply(policy([Self.web, Self.ssh]), in: namespace, startingAt: 7)
    let done = try apply(policy(rules, name: "q"), in: namespace)
    #expect(done.value?.isInPlace == true)
    let counts = try counts(in: namespace)
    #expect(counts["rule-web"] == 7 && counts["rule-ssh"] == 7 && counts["default-inbound"] == 7)
    #expect(counts["rule-new"] ?? 0 == 0)
  }

  @Test func aRuleOfAnotherNameStartsANewOne() throws {
    let namespace = try NetworkNamespace()
    _ = try apply(policy([Self.web, Self.ssh]), in: namespace, startingAt: 7)
    _ = try apply(policy(["{ name: www, allow: http, count: true }", Self.ssh]), in: namespace)
    let counts = try counts(in: namespace)
    #expect(counts["rule-web"] == nil && counts["rule-www"] == 0 && counts["rule-ssh"] == 7)
  }

  @Test func aLimitThatChangesForgetsItsSourcesAndSaysSo() throws {
    let namespace = try NetworkNamespace()
    _ = try apply(policy([Self.ssh]), in: namespace)
    #expect(try apply(policy([Self.web, Self.ssh]), in: namespace).diagnostics.isEmpty)
    let done = try apply(
      policy(["{ name: ssh, allow: ssh, count: true, limit: 6/minute per source }"]), in: namespace)
    #expect(done.diagnostics.map(\.code) == [.contentLost, .contentLost])
    #expect(done.diagnostics.allSatisfy { $0.severity == .note && $0.primary != nil })
  }

  /// Applies to a kernel that does not change the present table in place.
  private func replaceWhole(
    _ text: String, in namespace: NetworkNamespace
  ) throws -> Staged<Application.Report> {
    let subject = try PolicyUnderTest(text)
    return try namespace.enter {
      let transport = RefusingTransport(try NetlinkSocket())
      let done = Application(
        policy: subject.policy,
        lowered: LoweredPolicy(table: subject.table, origins: subject.origins),
        options: Application.Options()
      ).run(session: nil, now: Timestamp(seconds: 0), transport: transport)
      #expect(transport.refused == 1)
      return done
    }
  }

  /// Where the kernel will not have it in place, the whole is replaced, and counters go on.
  @Test func aTableThatCannotBeChangedInPlaceIsReplaced() throws {
    let namespace = try NetworkNamespace()
    _ = try apply(policy([Self.web, Self.ssh]), in: namespace, startingAt: 7)
    let done = try replaceWhole(policy([Self.ssh, Self.web], name: "q"), in: namespace)
    #expect(done.value?.isInPlace == false && done.value?.replaced == true)
    #expect(done.diagnostics.map(\.code) == [.contentLost])
    #expect(try counts(in: namespace)["rule-web"] == 7)
    #expect(try namespace.run(["nft", "list", "tables"]).contains("fwpolicy"))
  }

  /// What people say is in a network goes on even then, with its ticket and its time.
  @Test func aNetworkOutlivesTheWholeTable() throws {
    let namespace = try NetworkNamespace()
    let text = "networks: { bad: { dynamic: { keep: 7d, capacity: 64 } } }\n"
    let rules = ["{ deny: any, from: bad }", Self.ssh]
    _ = try apply(policy(rules) + text, in: namespace)
    try namespace.run([
      "nft", "add", "element", "inet", "fwpolicy", "net-bad-4",
      "{ 192.0.2.7 timeout 2d comment \"AB-1\", 192.0.2.128/25 }",
    ])
    try namespace.run(["nft", "add", "element", "inet", "fwpolicy", "net-bad-6", "{ ffff::/16 }"])
    let sets = { () throws -> [String: [SetElement]] in
      try namespace.enter {
        let socket = try NetlinkSocket()
        let sets = try Dump.setsFilledInForce(ofTable: "fwpolicy", socket)
        return Dictionary(
          uniqueKeysWithValues: try sets.map { set in
            (set.name, try Dump.content(of: set, inTable: "fwpolicy", socket))
          })
      }
    }
    let before = try sets()
    let done = try replaceWhole(policy([Self.web] + rules, name: "q") + text, in: namespace)
    #expect(done.value?.isInPlace == false)
    #expect(done.diagnostics.map(\.code) == [.contentLost])
    #expect(done.diagnostics.allSatisfy { !$0.message.contains("net-bad") })
    let after = try sets()
    for name in ["net-bad-4", "net-bad-6"] {
      let (old, new) = (before[name] ?? [], after[name] ?? [])
      #expect(old.count == (name == "net-bad-4" ? 2 : 1))
      #expect(old.map(\.lower) == new.map(\.lower) && old.map(\.upper) == new.map(\.upper))
      #expect(old.map(\.comment) == new.map(\.comment))
      #expect(old.map(\.timeout) == new.map(\.timeout))
      for (old, new) in zip(old, new) {
        let (old, new) = (old.expires ?? 0, new.expires ?? 0)
        #expect(new <= old && new + 60_000 > old, "\(old) ms, then \(new) ms")
      }
    }
  }

  @Test func aForeignTableIsAdoptedAfresh() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(
      ["nft", "-f", "-"],
      input: """
        table inet fwpolicy {
          counter rule-web { packets 9 bytes 9; }
          chain mine { type filter hook input priority 0; policy drop; }
        }

        """)
    let refused = try apply(policy([Self.web]), in: namespace)
    #expect(refused.diagnostics.map(\.code) == [.foreignTable])
    let done = try apply(policy([Self.web]), in: namespace, adopt: true)
    #expect(done.value?.isInPlace == false)
    #expect(try counts(in: namespace)["rule-web"] == 0)
    #expect(!(try namespace.run(["nft", "list", "ruleset"]).contains("chain mine")))
  }

  // MARK: - The program

  private func run(
    _ arguments: [String], in namespace: NetworkNamespace, input: String = ""
  ) throws -> NetworkNamespace.Outcome {
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "fwpolicy").path
    return try namespace.attempt([program] + arguments, input: input)
  }

  private static let edge = """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: [eth1], networks: [pool] }
    networks:
      pool: [198.51.100.0/24, 2001:db8:b::/48]
    inbound:
      - { name: ssh, allow: ssh, count: true, expires: 2100-01-01 }
    smtp-egress:
      clients: clients
      offenders: { keep: 1d, capacity: 100 }

    """

  @Test func withoutATableTheProgramCouldNotRun() throws {
    let namespace = try NetworkNamespace()
    for arguments in [
      ["counters", "-"], ["offenders", "-"], ["metrics", "-"], ["list", "quarantine"],
      ["add", "quarantine", "192.0.2.1"], ["remove", "quarantine", "192.0.2.1"],
    ] {
      let outcome = try run(arguments, in: namespace, input: Self.edge)
      #expect(outcome.status == 2, "\(arguments): \(outcome.errors)")
      #expect(outcome.output == "")
      #expect(outcome.errors.contains("the kernel has no `table inet fwpolicy`"))
    }
  }

  @Test func theProgramTellsWhatTheKernelCounted() throws {
    let namespace = try NetworkNamespace()
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.edge, to: "edge.yaml")
    #expect(try run(["apply", path], in: namespace).status == 0)
    try namespace.run([
      "nft", "add", "element", "inet", "fwpolicy", "offenders-4",
      "{ 198.51.100.7 counter packets 12 bytes 720 timeout 1d expires 20h }",
    ])
    try namespace.run([
      "nft", "add", "element", "inet", "fwpolicy", "offenders-6",
      "{ 2001:db8:b:1:: counter packets 40 bytes 80 }",
    ])
    try namespace.run(["nft", "add", "counter", "inet", "fwpolicy", "by-hand"])
    let all = try run(["offenders", path, "--format", "csv"], in: namespace)
    #expect(all.status == 0)
    #expect(all.output.contains("2001:db8:b:1::/64,,,,,,40,80,20"), "\(all.output)")
    #expect(all.output.contains("198.51.100.7,,,,,,12,720,20"))
    // Four of its twenty-four hours have passed.
    let recent = try run(["offenders", path, "--since", "3h"], in: namespace)
    #expect(!recent.output.contains("198.51.100.7"))
    #expect(
      try run(["offenders", path, "--since", "5h"], in: namespace).output.contains("198.51.100.7"))
    let counters = try run(
      ["counters", path, "--watch", "--every", "1s", "--times", "2", "--format", "json"],
      in: namespace)
    #expect(counters.status == 0)
    let lines = counters.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.last?.contains("\"milliseconds\": 1") == true)
    #expect(lines.last?.contains("\"kind\": \"unknown\", \"counter\": \"by-hand\"") == true)
    let metrics = try run(["metrics", path, "-o", folder.path + "/m.prom"], in: namespace)
    #expect(metrics.status == 0 && metrics.output == "" && metrics.errors == "")
    let text = try folder.text(of: "m.prom")
    #expect(text.contains("fwpolicy_offenders{family=\"ipv6\"} 1\n"))
    #expect(text.contains("fwpolicy_policy_current 1\n"))
    #expect(text.hasSuffix("# EOF\n"))
    #expect(
      try FileManager.default.attributesOfItem(atPath: folder.path + "/m.prom")[.posixPermissions]
        as? Int == 0o644)
    // Another version: it is said, and told nevertheless.
    _ = try folder.write(Self.edge.replacing("name: edge", with: "name: edge2"), to: "edge.yaml")
    let other = try run(["metrics", path], in: namespace)
    #expect(other.status == 0)
    #expect(other.errors.contains("is not of this version of the policy"))
    #expect(other.output.contains("fwpolicy_policy_current 0\n"))
    // Applied in place, the version is the new one, and nobody is forgotten.
    #expect(try run(["apply", path], in: namespace).status == 0)
    let after = try run(["offenders", path], in: namespace)
    #expect(after.errors == "" && after.output.contains("198.51.100.7"))
  }

  /// What is not known is not told as nothing.
  @Test func aListOfOffendersSaysWhatItLacks() throws {
    let namespace = try NetworkNamespace()
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.edge, to: "edge.yaml")
    let without = try #require(
      Self.edge.split(separator: "\n").first { $0.contains("offenders:") })
    let silent = try folder.write(
      Self.edge.replacing(without + "\n", with: ""), to: "silent.yaml")
    #expect(try run(["apply", silent], in: namespace).status == 0)
    let unknown = try run(["offenders", path], in: namespace)
    #expect(unknown.status == 2 && unknown.output == "")
    #expect(unknown.errors.contains("the ruleset in force records no offenders"), "\(unknown)")
    #expect(try !run(["metrics", path], in: namespace).output.contains("fwpolicy_offenders"))
    #expect(
      try run(["report", path, "--live"], in: namespace).output
        .contains("The ruleset in force records nobody."))

    let small = Self.edge.replacing(/capacity: [0-9]+/, with: "capacity: 2")
    _ = try folder.write(small, to: "edge.yaml")
    #expect(try run(["apply", path], in: namespace).status == 0)
    func add(_ address: String) throws {
      try namespace.run([
        "nft", "add", "element", "inet", "fwpolicy", "offenders-4",
        "{ \(address) counter packets 1 bytes 60 }",
      ])
    }
    try add("198.51.100.7")
    #expect(try run(["offenders", path], in: namespace).errors == "")
    try add("198.51.100.8")
    let full = try run(["offenders", path, "--format", "json"], in: namespace)
    #expect(full.status == 0)
    #expect(full.errors.contains("no room is left for offenders of IPv4:"), "\(full)")
    #expect(full.output.contains("\"ipv4\""))
    #expect(
      try run(["report", path, "--live"], in: namespace).output.contains("Not all are listed"))
  }

  @Test(arguments: ["counters", "offenders", "metrics"])
  func aForeignTableHasNothingToTell(_ command: String) throws {
    let namespace = try NetworkNamespace()
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.edge, to: "edge.yaml")
    try namespace.run(["nft", "add", "table", "inet", "fwpolicy"])
    let outcome = try run([command, path], in: namespace)
    #expect(outcome.status == 2 && outcome.output == "")
    #expect(outcome.errors.contains("was not made by fwpolicy"), "\(outcome)")
  }

  /// `| head`: the reader goes, in the middle of the wait for the next reading.
  @Test func countersEndWhenNobodyReadsThem() throws {
    let namespace = try NetworkNamespace()
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.edge, to: "edge.yaml")
    #expect(try run(["apply", path], in: namespace).status == 0)
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "fwpolicy").path
    let outcome = try namespace.attempt([
      "timeout", "20", "sh", "-c",
      "{ \"$0\" counters \"$1\" --watch --every 1h --format json; echo ended $? >&2; } | head -n 1",
      program, path,
    ])
    #expect(outcome.status == 0 && outcome.errors.contains("ended 0"), "\(outcome)")
    #expect(outcome.output.split(separator: "\n").count == 1)
  }

  @Test func anAbuseDeskActsWithoutAPolicy() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(
      ["nft", "-f", "-"],
      input: """
        table inet fwpolicy {
          set net-quarantine-4 { type ipv4_addr; flags interval, timeout; size 3; timeout 7d; }
          set net-quarantine-6 { type ipv6_addr; flags interval, timeout; size 3; timeout 7d; }
        }

        """)
    let added = try run(
      ["add", "quarantine", "-", "--for", "2d", "--ticket", "NET-4211", "--note", "bot"],
      in: namespace, input: "# from the feed\n192.0.2.7\n\n 2001:db8::/64  # a line\n")
    #expect(added.status == 0)
    #expect(added.output == "added 192.0.2.7 for 2d\nadded 2001:db8::/64 for 2d\n")
    let broken = try run(
      ["add", "quarantine", "-"], in: namespace, input: "192.0.2.8\n192.0.2.0/33\n")
    #expect(broken.status == 1)
    #expect(broken.errors.contains("line 2 of standard input"))
    let unknown = try run(["add", "quarantaine", "192.0.2.9"], in: namespace)
    #expect(unknown.status == 2 && unknown.errors.contains("it has `quarantine`"))
    #expect(
      try run(["add", "quarantine", "192.0.2.9", "--ticket", "two words"], in: namespace).status
        == 64)
    #expect(try run(["add", "quarantine", "192.0.2.9", "--for", "2"], in: namespace).status == 64)
    let full = try run(
      ["add", "quarantine", "203.0.113.1", "203.0.113.3", "203.0.113.5"], in: namespace)
    #expect(full.status == 1 && full.errors.contains("(it holds 1 of 3)"))
    let listed = try run(["list", "quarantine", "--format", "csv"], in: namespace)
    #expect(
      listed.output.replacing(try Regex("172[78][0-9]{2}"), with: "T") == """
        addresses,ticket,comment,added_for,expires_in\r
        192.0.2.7,NET-4211,bot,T,T\r
        2001:db8::/64,NET-4211,bot,T,T\r\n
        """)
    let gone = try run(["remove", "quarantine", "192.0.2.7", "192.0.2.8"], in: namespace)
    #expect(gone.status == 1)
    #expect(gone.output == "removed 192.0.2.7\n192.0.2.8 is not there\n")
    #expect(try run(["list", "services"], in: namespace).output.hasPrefix("SERVICE"))
  }
}

/// A kernel that says EBUSY to every batch which begins by deleting rules.
private final class RefusingTransport: NetlinkTransport {
  private let socket: NetlinkSocket
  private(set) var refused = 0
  private var waiting: [[UInt8]] = []

  init(_ socket: consuming NetlinkSocket) { self.socket = socket }

  func send(_ datagram: [UInt8]) throws(NetlinkError) {
    // NFNL_MSG_BATCH_BEGIN with its generation, then NFT_MSG_DELRULE.
    let second = Int(datagram[0])
    guard datagram.count > second + 16, datagram[second + 4] == 8, datagram[second + 5] == 10 else {
      return try socket.send(datagram)
    }
    refused += 1
    let errno = withUnsafeBytes(of: Int32(-16)) { [UInt8]($0) }
    waiting.append(
      [36, 0, 0, 0, 2, 0, 0, 0] + datagram[second + 8..<second + 12] + [0, 0, 0, 0] + errno
        + datagram[second..<second + 16])
  }

  func receive() throws(NetlinkError) -> [UInt8]? {
    waiting.isEmpty ? try socket.receive() : waiting.removeFirst()
  }
}
