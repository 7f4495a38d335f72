import Deployment
import Diagnostics
import Foundation
import Kernel
import NetworkTypes
import Nftables
import PolicyLanguage
import TestSupport
import Testing

/// What is read and applied while others commit to the ruleset again and again.
@Suite struct CommitsMeanwhileTests {
  private static let policy = """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: [eth1], anti-spoofing: off }
    networks:
      quarantine: { dynamic: { keep: 7d, capacity: 1024 } }
    inbound: [{ name: shell, allow: ssh, count: true }]
    forward: [{ name: web, allow: http, from: clients, to: internet }]
    smtp-egress:
      clients: [clients]
      count: per-subnet
      subnets: [
    """
  private static let rows = (0..<800).map { "10.\($0 >> 8).\($0 & 255).0/24" }
  private static func text(_ answer: String = "blocked", capacity: Int = 1024) -> String {
    let rows = rows.map { "{ prefix: \($0), name: \"customer \($0)\", smtp: \(answer) }" }
    return policy.replacing("capacity: 1024", with: "capacity: \(capacity)")
      + rows.joined(separator: ",\n    ") + "]\n"
  }

  /// A namespace with the policy's table; before it a table of counters that is others'.
  private static func namespace() throws -> NetworkNamespace {
    let namespace = try NetworkNamespace()
    try namespace.run(
      ["nft", "-f", "-"],
      input: "table inet others {\n" + (0..<400).map { "counter c\($0) {}\n" }.joined()
        + "chain c { }\nset s { type ipv4_addr; }\n}\n")
    let done = try apply(text(), in: namespace, { try NetlinkSocket() })
    #expect(done.applied.value != nil)
    return namespace
  }

  private static func apply<Transport: NetlinkTransport & ~Copyable>(
    _ text: String, in namespace: NetworkNamespace, cutting: Bool = false,
    _ transport: () throws -> Transport
  ) throws -> (applied: Staged<Application.Report>, cut: FlowCut.Report?) {
    let compiled = try CompiledPolicy(text)
    let application = Application(
      policy: compiled.policy, lowered: compiled.lowered, options: Application.Options())
    let now = Timestamp(seconds: 1_764_087_062)
    return try namespace.enter {
      let socket = try transport()
      return cutting
        ? application.runCutting(
          session: nil, now: now, netfilter: socket, routes: try NetlinkSocket(.route))
        : (application.run(session: nil, now: now, transport: socket), nil)
    }
  }

  private static func set(_ name: String, in namespace: NetworkNamespace) throws -> NamedSet {
    let sets = try namespace.enter {
      try Dump.setsFilledInForce(ofTable: "fwpolicy", NetlinkSocket())
    }
    return try #require(sets.first { $0.name == name })
  }

  /// What others do that leaves this policy's table as it is; `{n}` is another number each time.
  static let elsewhere = [
    "add rule inet others c counter",
    "add element inet others s { 192.0.2.{n} }",
    "add element inet fwpolicy net-quarantine-4 { 192.0.2.{n} }",
    "add counter inet others n{n}",
    "add table ip t{n}; add chain ip t{n} c",
  ]

  @Test(arguments: elsewhere) func commitsElsewhereDoNoHarm(script: String) throws {
    let namespace = try Self.namespace()
    let meddler = Meddler(namespace, script)
    let meddled = { try MeddledTransport(meddler) }
    let before = try namespace.enter { try Dump.counters(ofTable: "fwpolicy", NetlinkSocket()) }
    #expect(before.count > Self.rows.count)
    #expect(try namespace.enter { try Dump.counters(ofTable: "fwpolicy", meddled()) } == before)
    let table = try namespace.enter { try Dump.table(named: "fwpolicy", meddled()) }
    let still = try namespace.enter { try Dump.table(named: "fwpolicy", NetlinkSocket()) }
    #expect(table?.table == still?.table)

    // What is in a network is read and written again where its set is another one.
    let capacity = script.contains("quarantine") ? 1024 : 2048
    let done = try Self.apply(
      Self.text("allowed", capacity: capacity), in: namespace, meddled
    ).applied
    #expect(done.value?.isInPlace == true, "\(done.diagnostics.map(\.message))")
    let (applied, cut) = try Self.apply(Self.text(), in: namespace, cutting: true, meddled)
    #expect(applied.value?.isInPlace == true, "\(applied.diagnostics.map(\.message))")
    #expect(cut != nil)
  }

  @Test func whatASetHoldsIsReadWhileOthersAreFilled() throws {
    let namespace = try Self.namespace()
    let set = try Self.set("net-quarantine-4", in: namespace)
    try namespace.run([
      "nft", "add", "element", "inet", "fwpolicy", set.name,
      "{ " + (0..<900).map { "10.\($0 >> 8).\($0 & 255).8" }.joined(separator: ", ") + " }",
    ])
    let elsewhere = { try MeddledTransport(Meddler(namespace, Self.elsewhere[1])) }
    try namespace.enter {
      #expect(try Dump.content(of: set, inTable: "fwpolicy", elsewhere()).count == 900)
      #expect(try Dump.elementCount(of: set, inTable: "fwpolicy", elsewhere()) == 900)
      // And one that never stands still is not told.
      let here = try MeddledTransport(Meddler(namespace, Self.elsewhere[2]))
      #expect(throws: NetlinkError.dumpInterrupted) {
        try Dump.content(of: set, inTable: "fwpolicy", here)
      }
    }
  }

  /// What others do to this table.
  static let here = [
    "add counter inet fwpolicy n{n}",
    "add rule inet fwpolicy log-forward counter",
    "add chain inet fwpolicy n{n}",
    "add set inet fwpolicy n{n} { type ipv4_addr; }",
  ]

  @Test(arguments: here) func aTableThatOthersChangeIsNotReplacedUnseen(script: String) throws {
    let namespace = try Self.namespace()
    let meddler = Meddler(namespace, script)
    let meddled = { try MeddledTransport(meddler) }
    let done = try Self.apply(Self.text("allowed"), in: namespace, meddled).applied
    #expect(done.value == nil)
    #expect(done.diagnostics.map(\.code) == [.rulesetChanged])
    #expect(throws: NetlinkError.dumpInterrupted) {
      try namespace.enter { try Dump.counters(ofTable: "fwpolicy", meddled()) }
    }
  }

  /// A batch that others' commits have overtaken is sent again as it is.
  @Test(arguments: [elsewhere[0], here[0]]) func aBatchThatIsOvertakenIsSentAgain(_ script: String)
    throws
  {
    let namespace = try Self.namespace()
    let isElsewhere = script == Self.elsewhere[0]
    let compiled = try CompiledPolicy(Self.text("allowed"))
    let (done, batches) = try namespace.enter {
      let transport = try LateTransport(Meddler(namespace, script), times: 4)
      let done = Application(
        policy: compiled.policy, lowered: compiled.lowered, options: Application.Options()
      ).run(session: nil, now: Timestamp(seconds: 1_764_087_062), transport: transport)
      return (done, transport.batches)
    }
    #expect(done.value?.isInPlace == true, "\(done.diagnostics.map(\.message))")
    #expect(batches == 5)
    let counters = try namespace.enter {
      try Dump.counters(ofTable: "fwpolicy", NetlinkSocket())
    }
    // What others put into the table in the meantime was seen, and goes as everything that is not ours.
    #expect(isElsewhere || counters["n4"] == nil)
  }

  /// Batches that are refused move the kernel's place in its lists and leave no trace.
  @Test func batchesThatAreNeverCommittedDoNoHarm() throws {
    let namespace = try Self.namespace()
    let folder = try TemporaryFolder()
    let script =
      "table inet others {\n" + (0..<300).map { "counter x\($0) {}\n" }.joined() + "}\n"
    let path = try folder.write(script, to: "others.nft")
    let checking = Process()
    checking.executableURL = URL(filePath: "/usr/bin/env")
    checking.arguments = [
      "ip", "netns", "exec", namespace.name, "sh", "-c",
      "while :; do nft -c -f \(path) || exit 1; done",
    ]
    try checking.run()
    defer {
      checking.terminate()
      checking.waitUntilExit()
    }
    try namespace.enter {
      let socket = try NetlinkSocket()
      let expected = try Dump.counters(ofTable: "fwpolicy", socket).count
      #expect(expected > Self.rows.count)
      for _ in 0..<60 {
        #expect(try Dump.counters(ofTable: "fwpolicy", socket).count == expected)
      }
    }
    #expect(checking.isRunning)
  }

  /// The kernel counts others' objects, too, to know where it was: with each that goes, one of this
  /// table's is skipped.
  @Test func whatADumpSkipsIsMissed() throws {
    let namespace = try Self.namespace()
    let meddler = Meddler(namespace, "delete counter inet others c{n}")
    let meddled = { try MeddledTransport(meddler) }
    #expect(throws: NetlinkError.dumpInterrupted) {
      try namespace.enter { try Dump.counters(ofTable: "fwpolicy", meddled()) }
    }
  }
}

/// Somebody else's commit just before each of the first batches that change something.
private final class LateTransport: NetlinkTransport {
  private let socket: NetlinkSocket
  private let meddler: Meddler
  private var rest: Int
  private(set) var batches = 0
  var listener: RulesetListener? { socket.listener }

  init(_ meddler: Meddler, times: Int) throws {
    socket = try NetlinkSocket()
    self.meddler = meddler
    rest = times
  }

  func send(_ datagram: [UInt8]) throws(NetlinkError) {
    // NFNL_MSG_BATCH_BEGIN with its generation.
    if datagram.count > 28, datagram[0] == 28, datagram[4] == 16 {
      batches += 1
      if rest > 0 {
        rest -= 1
        meddler.meddle()
      }
    }
    try socket.send(datagram)
  }

  func receive() throws(NetlinkError) -> [UInt8]? { try socket.receive() }
}

/// Somebody who commits what a script says; `{n}` in it is another number each time.
private final class Meddler {
  private let namespace: NetworkNamespace
  private let script: String
  private var number = 0

  init(_ namespace: NetworkNamespace, _ script: String) {
    self.namespace = namespace
    self.script = script
  }

  func meddle() {
    number += 1
    let text = script.replacing("{n}", with: "\(number)")
    do { try namespace.run(["nft", text]) } catch { Issue.record(error) }
  }
}

/// A road to the kernel on which somebody commits after every question for a list.
private struct MeddledTransport: ~Copyable, NetlinkTransport {
  private let socket: NetlinkSocket
  private let meddler: Meddler

  init(_ meddler: Meddler) throws {
    socket = try NetlinkSocket()
    self.meddler = meddler
  }

  var patience: Duration { .milliseconds(300) }
  var listener: RulesetListener? { socket.listener }

  func send(_ datagram: [UInt8]) throws(NetlinkError) {
    try socket.send(datagram)
    // NLM_F_DUMP
    if datagram[7] & 3 == 3 { meddler.meddle() }
  }

  func receive() throws(NetlinkError) -> [UInt8]? { try socket.receive() }
}
