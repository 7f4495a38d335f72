import Compiler
import Deployment
import Diagnostics
import Foundation
import Kernel
import NetworkTypes
import Nftables
import PolicyLanguage
import TestSupport
import Testing

/// A provider's router in the lab, and the folder its policy is compiled from: files are edited, then
/// compiled, proven and applied, as an operator does.
///
/// Clients are behind `bng1`, or `cmts0`, the world is behind `eth0` and the relays behind `eth2`.
final class ProviderEdge {
  let lab: PacketLab
  private let folder: TemporaryFolder
  private var servers: [String: LabServer] = [:]

  /// Servers of the world and a relay, in both families.
  static let stranger4 = "192.0.2.66"
  static let stranger6 = "2001:db8:ff::66"
  static let relay4 = "192.0.2.25"
  static let relay6 = "2001:db8:25::25"

  private static let wiring = LabWiring(
    interfaces: ["eth0", "bng1", "eth2", "cmts0"],
    routes: [
      ("203.0.113.0/24", "bng1"), ("198.51.100.0/24", "bng1"), ("2001:db8:a::/48", "bng1"),
      ("2001:db8:b::/48", "bng1"), ("192.0.2.16/28", "eth2"), ("2001:db8:25::/48", "eth2"),
      ("192.0.2.128/26", "cmts0"), ("2001:db8:c::/48", "cmts0"),
    ])

  /// With a folder's files, by their paths in it.
  init(_ files: [String: String]) throws {
    lab = try PacketLab(Self.wiring)
    try lab.routeByMainTable()
    folder = try TemporaryFolder()
    for (path, text) in files { try folder.write(text, to: path) }
  }

  /// With the files of `Examples/isp-edge`.
  convenience init(example name: String = "isp-edge") throws {
    let policyCase = try #require(PolicyCase.all.first { $0.name == name })
    var files: [String: String] = [:]
    for path in ["policy.yaml", "inventory/subnets.csv", "lists/residential.txt"] {
      files[path] = try String(
        contentsOf: policyCase.folder.appending(path: path), encoding: .utf8)
    }
    try self.init(files)
  }

  // MARK: The folder

  var policyPath: String { folder("policy.yaml") }

  func text(of path: String) throws -> String { try folder.text(of: path) }

  func write(_ text: String, to path: String) throws { try folder.write(text, to: path) }

  /// Every place of a text is another one from now on; there must be one.
  func edit(_ path: String, _ old: String, _ new: String) throws {
    let text = try folder.text(of: path)
    try #require(text.contains(old), "\(path) has no `\(old)`")
    try folder.write(text.replacing(old, with: new), to: path)
  }

  // MARK: The program

  /// Compiles, proves and applies the folder's policy.
  @discardableResult
  func apply(cutting: Bool = false) throws -> (
    report: Application.Report, cut: FlowCut.Report?, notes: [Diagnostic]
  ) {
    let compilation = compile(
      policyPath, provider: try FileSystemProvider(policy: policyPath))
    let said = compilation.diagnostics.map(\.message)
    let policy = try #require(compilation.policy, "\(said)")
    let lowered = try #require(compilation.lowered, "\(said)")
    let application = Application(
      policy: policy, lowered: lowered, options: Application.Options())
    let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
    let (applied, cut) = try lab.machine.enter {
      let socket = try NetlinkSocket()
      return cutting
        ? application.runCutting(
          session: nil, now: now, netfilter: socket, routes: try NetlinkSocket(.route))
        : (application.run(session: nil, now: now, transport: socket), nil)
    }
    let report = try #require(applied.value, "\(applied.diagnostics.map(\.message))")
    return (report, cut, applied.diagnostics)
  }

  /// Runs the program on the router, in the folder.
  func run(_ arguments: [String]) throws -> NetworkNamespace.Outcome {
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "fwpolicy").path
    return try lab.machine.attempt(
      [
        "env", "-C", folder.path, program,
      ] + arguments)
  }

  // MARK: Packets

  /// A client tries a port of a server that answers; to the world's unless another address is given.
  func connect(_ client: String, port: UInt16 = 25, to server: String? = nil) throws -> LabOutcome {
    try dial(client, port: port, to: server).outcome
  }

  func dial(
    _ client: String, port: UInt16 = 25, to server: String? = nil
  ) throws -> (outcome: LabOutcome, connection: LabConnection?) {
    let isIPv6 = client.contains(":")
    let address = server ?? (isIPv6 ? Self.stranger6 : Self.stranger4)
    let interface = address == Self.relay4 || address == Self.relay6 ? "eth2" : "eth0"
    let key = "\(address) \(port)"
    let listening =
      try servers[key]
      ?? lab.serveTCP(
        at: .world(address, by: interface), port: port, family: isIPv6 ? .ipv6 : .ipv4)
    servers[key] = listening
    let isCable = client.hasPrefix("192.0.2.") || client.hasPrefix("2001:db8:c:")
    return try lab.dial(
      from: .world(client, by: isCable ? "cmts0" : "bng1"), to: address, port: port,
      server: listening)
  }

  /// The same so many times; what came of each is the same.
  func connect(_ client: String, port: UInt16 = 25, times: Int, expecting outcome: LabOutcome)
    throws
  {
    for number in 0..<times {
      #expect(try connect(client, port: port) == outcome, "\(client), attempt \(number + 1)")
    }
  }

  // MARK: What the kernel keeps

  /// Packets by counter.
  func counters() throws -> [String: UInt64] {
    try lab.machine.enter { try Dump.counters(ofTable: "fwpolicy", NetlinkSocket()) }
      .mapValues(\.packets)
  }

  /// What a set holds that is filled in force: addresses, with the packets of those that have a counter.
  func content(of set: String) throws -> [String: UInt64?] {
    let (set, elements) = try elements(of: set)
    let family: AddressFamily = set.key.first == .ipv4Address ? .ipv4 : .ipv6
    var found: [String: UInt64?] = [:]
    for element in elements { found[DynamicNetwork.words(element, family)] = element.packets }
    return found
  }

  /// How long what a set holds still stays; of what stays for ever nothing.
  func secondsLeft(in set: String) throws -> [UInt64] {
    try elements(of: set).elements.compactMap { $0.expires.map { $0 / 1000 } }
  }

  private func elements(of set: String) throws -> (set: NamedSet, elements: [SetElement]) {
    try lab.machine.enter {
      let socket = try NetlinkSocket()
      let sets = try Dump.setsFilledInForce(ofTable: "fwpolicy", socket)
      let set = try #require(sets.first { $0.name == set }, "no set \(set)")
      return (set, try Dump.content(of: set, inTable: "fwpolicy", socket))
    }
  }
}
