import Foundation
import NetworkTypes
import PolicyAnalysis
import TestSupport
import Testing

/// How many rules a new packet meets on its way, as `nft monitor trace` tells it.
@Suite(.serialized) struct RulesMetTests {
  /// A packet that the examples were written for.
  struct Journey: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let example: String
    let path: Packet.Path
    var from = (interface: "eth0", address: "203.0.113.7")
    var to = (interface: "eth0", address: "192.0.2.254")
    let port: UInt16
    let most: Int
  }

  static let journeys = [
    Journey(
      testDescription: "mail to the MX", example: "mail-server", path: .inbound, port: 25, most: 12),
    Journey(
      testDescription: "submission, limited", example: "mail-server", path: .inbound, port: 587,
      most: 12),
    Journey(
      testDescription: "ssh from the NOC", example: "mail-server", path: .inbound,
      from: ("eth0", "192.0.2.3"), port: 22, most: 12),
    Journey(
      testDescription: "a port that is closed", example: "mail-server", path: .inbound, port: 4444,
      most: 12),
    Journey(
      testDescription: "own mail by a user who may not", example: "mail-server", path: .outbound,
      from: ("eth0", "192.0.2.254"), to: ("eth0", "203.0.113.7"), port: 25, most: 12),
    Journey(
      testDescription: "a client to the web", example: "isp-edge", path: .forward,
      from: ("bng1", "198.51.100.77"), to: ("eth0", "203.0.113.7"), port: 443, most: 15),
    Journey(
      testDescription: "a client's direct mail", example: "isp-edge", path: .forward,
      from: ("bng1", "198.51.100.77"), to: ("eth0", "203.0.113.7"), port: 25, most: 15),
    Journey(
      testDescription: "an exempt client's mail", example: "isp-edge", path: .forward,
      from: ("bng1", "198.51.100.17"), to: ("eth0", "203.0.113.7"), port: 25, most: 15),
    Journey(
      testDescription: "a client's mail to the relay", example: "isp-edge", path: .forward,
      from: ("bng1", "198.51.100.77"), to: ("eth2", "192.0.2.25"), port: 25, most: 15),
    Journey(
      testDescription: "a stranger to a server", example: "isp-edge", path: .forward,
      to: ("eth2", "192.0.2.77"), port: 443, most: 15),
    Journey(
      testDescription: "a spoofed source", example: "isp-edge", path: .forward,
      from: ("bng1", "203.0.113.99"), to: ("eth0", "203.0.113.7"), port: 443, most: 15),
    Journey(
      testDescription: "a stranger to the router", example: "isp-edge", path: .inbound, port: 22,
      most: 15),
  ]

  @Test(arguments: journeys) func aNewPacketMeetsFewRules(_ journey: Journey) throws {
    let policyCase = try #require(PolicyCase.all.first { $0.name == journey.example })
    let subject = try policyCase.compiled()
    let lab = try PacketLab(LabWiring(interfaces: ["eth0", "bng1", "eth2"]))
    try lab.load(subject.ruleset)
    try lab.load(
      """
      table inet tracing {
        chain in { type filter hook prerouting priority -350; meta nftrace set 1; }
        chain out { type filter hook output priority -350; meta nftrace set 1; }
      }
      """)
    let source = try #require(IPv4Address(journey.from.address))
    let destination = try #require(IPv4Address(journey.to.address))
    var packet = Packet(
      path: journey.path, inputInterface: journey.path == .outbound ? nil : journey.from.interface,
      outputInterface: journey.path == .inbound ? nil : journey.to.interface,
      addresses: .ipv4(source: source, destination: destination), ipProtocol: .tcp)
    packet.sourcePort = 40000
    packet.destinationPort = journey.port
    packet.socketUser = journey.path == .outbound ? 33 : nil

    // What comes after it is traced after it.
    var last = packet
    last.sourcePort = 40001

    let trace = try Trace(in: lab.machine)
    _ = try lab.verdicts(of: [packet, last])
    let met = try trace.rulesMet(in: "fwpolicy", sourcePort: 40000, endingWith: 40001)
    #expect(met > 0, "the trace heard nothing")
    #expect(met <= journey.most)
    print("rules met: \(journey.example), \(journey.testDescription): \(met)")
  }
}

/// `nft monitor trace`, running in a namespace.
private final class Trace {
  private let process = Process()
  private let output: URL

  struct NotHeard: Error, CustomStringConvertible {
    let description: String
  }

  init(in namespace: NetworkNamespace) throws {
    output = FileManager.default.temporaryDirectory.appending(
      path: "fwpolicy-trace-\(UInt64.random(in: 0 ... .max))")
    try Data().write(to: output)
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "ip", "netns", "exec", namespace.name, "timeout", "-s", "KILL", "60", "stdbuf", "-oL", "nft",
      "monitor", "trace",
    ]
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    // It says nothing when it is ready, but the namespace tells who has joined NFNLGRP_NFTRACE, the
    // ninth group of netlink protocol 12.
    try wait("nft monitor to be ready") {
      let sockets = try namespace.enter {
        try String(contentsOfFile: "/proc/thread-self/net/netlink", encoding: .utf8)
      }
      return sockets.split(separator: "\n").contains { line in
        let words = line.split(separator: " ")
        return words.count > 3 && words[1] == "12"
          && (UInt32(words[3], radix: 16) ?? 0) & 1 << 8 != 0
      }
    }
  }

  deinit {
    // A group of its own, which blocks what could be asked of it nicely.
    kill(-process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: output)
  }

  private func wait(_ what: String, until isSo: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try !isSo() {
      guard ContinuousClock.now < deadline else { throw NotHeard(description: what) }
      usleep(10_000)
    }
  }

  /// The rules of a table that the TCP packet from a port met, whatever hook; everything is there when
  /// something of the packet from another port is, which came later.
  func rulesMet(in table: String, sourcePort: UInt16, endingWith last: UInt16) throws -> Int {
    var met = 0
    try wait("the trace of what came last") {
      met = 0
      // Of each identifier, which may be given anew: the line of the packet that has it now.
      var packets: [Substring: Substring] = [:]
      for line in try String(contentsOf: output, encoding: .utf8).split(separator: "\n") {
        // `trace id 1a2b inet TABLE CHAIN packet: … tcp sport 40000 …`, then a line for each rule.
        let words = line.split(separator: " ")
        guard words.count > 6 else { continue }
        if words[6] == "packet:" { packets[words[2]] = line }
        guard let packet = packets[words[2]] else { continue }
        if packet.contains(" tcp sport \(last) ") { return true }
        if packet.contains(" tcp sport \(sourcePort) "), words[4] == table, words[6] == "rule" {
          met += 1
        }
      }
      return false
    }
    return met
  }
}
