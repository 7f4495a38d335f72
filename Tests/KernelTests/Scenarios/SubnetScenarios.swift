import Foundation
import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import TestSupport

/// Stories of an inventory: rows inside one another, dates, pools that nobody listed, counters.
enum SubnetScenarios {
  /// A client's mail to somebody on the internet, or to the relay.
  private struct Mail {
    let lab: PacketLab
    let servers: [String: LabServer]

    init(_ lab: PacketLab) throws {
      self.lab = lab
      servers = [
        "203.0.113.7": try lab.serveTCP(at: Place.stranger4, port: 25),
        "2001:db8:77::7": try lab.serveTCP(at: Place.stranger6, port: 25, family: .ipv6),
        "203.0.113.130": try lab.serveTCP(at: .world("203.0.113.130", by: "eth2"), port: 25),
        "2001:db8:5::25": try lab.serveTCP(
          at: .world("2001:db8:5::25", by: "eth2"), port: 25, family: .ipv6),
      ]
    }

    func send(from client: String, toRelay: Bool = false) throws -> LabOutcome {
      let there =
        client.contains(":")
        ? (toRelay ? "2001:db8:5::25" : "2001:db8:77::7")
        : (toRelay ? "203.0.113.130" : "203.0.113.7")
      guard let server = servers[there] else { return .unreachable }
      return try lab.connect(
        from: .world(client, by: "bng1"), to: there, port: 25, server: server)
    }
  }

  private static func head(_ name: String) -> String {
    """
    fwpolicy: 1
    name: \(name)
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients:  { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
      servers:  { kind: servers, interfaces: [eth2] }
    networks:
      relays: [203.0.113.130, "2001:db8:5::25"]
    forward:
      - { allow: any, from: clients, to: internet }
      - { allow: smtp, to: relays }

    """
  }

  static let nested = Scenario(
    name:
      "an inventory of nested rows, each with a counter, some of which end in four seconds or more",
    policy: {
      let end = Scenario.moment(inSeconds: 4)
      let text = ISO8601DateFormatter().string(from: end)
      return head("nested-rows") + """
        smtp-egress:
          clients: clients
          relays: relays
          count: per-subnet
          subnets:
            - { prefix: 198.51.100.0/25, name: pool, smtp: relays-only }
            - { prefix: 198.51.100.16/28, name: acme, smtp: allowed }
            - { prefix: 198.51.100.20, name: infected, smtp: blocked }
            - { prefix: 198.51.100.32/27, name: shut, smtp: blocked }
            - { prefix: 198.51.100.40/30, name: trusted, smtp: allowed }
            - { prefix: 198.51.100.64/28, name: trial, smtp: allowed, expires: \(text) }
            - { prefix: 198.51.100.80/28, name: penalty, smtp: blocked, expires: \(text) }
            - { prefix: "2001:db8:b:1::/64", name: acme, smtp: allowed }
            - { prefix: "2001:db8:b:1::666", name: infected, smtp: blocked }
            - { prefix: "2001:db8:b:2::/64", name: shut, smtp: blocked }
            - { prefix: "2001:db8:b:3::/64", name: trial, smtp: allowed, expires: \(text) }
        """
    },
    tell: { story in
      let end = story.subject.policy.smtpEgress?.subnets.compactMap(\.expires).first
      guard let end else {
        story.expect("a row's end", false, is: true)
        return
      }
      let mail = try Mail(story.lab)
      var stopped: [String: Int] = [:]
      func expect(
        _ client: String, _ anywhere: LabOutcome, relay: LabOutcome, _ counter: String?,
        _ when: String
      ) throws {
        story.expect("\(when), \(client)", try mail.send(from: client), is: anywhere)
        story.expect(
          "\(when), \(client) to the relay", try mail.send(from: client, toRelay: true), is: relay)
        guard let counter else { return }
        stopped[counter, default: 0] +=
          (anywhere == .refused ? 1 : 0) + (relay == .refused ? 1 : 0)
      }
      let dated: [(String, before: LabOutcome, relayBefore: LabOutcome, counter: String)] = [
        ("198.51.100.65", .answered, .answered, "subnet-trial-198.51.100.64-28"),
        ("198.51.100.81", .refused, .refused, "subnet-penalty-198.51.100.80-28"),
        ("2001:db8:b:3::1", .answered, .answered, "subnet-trial-2001_db8_b_3__-64"),
      ]
      for (client, before, relay, counter) in dated {
        try expect(client, before, relay: relay, counter, "before the end")
      }
      story.mustBeBefore(end)
      let steady: [(String, LabOutcome, relay: LabOutcome, String?)] = [
        ("198.51.100.1", .refused, .answered, "subnet-pool-198.51.100.0-25"),
        ("198.51.100.17", .answered, .answered, "subnet-acme-198.51.100.16-28"),
        ("198.51.100.20", .refused, .refused, "subnet-infected-198.51.100.20-32"),
        ("198.51.100.33", .refused, .refused, "subnet-shut-198.51.100.32-27"),
        ("198.51.100.41", .answered, .answered, "subnet-trusted-198.51.100.40-30"),
        // In no row.
        ("198.51.100.200", .refused, .answered, nil),
        ("2001:db8:b:1::1", .answered, .answered, "subnet-acme-2001_db8_b_1__-64"),
        ("2001:db8:b:1::666", .refused, .refused, "subnet-infected-2001_db8_b_1__666-128"),
        ("2001:db8:b:2::1", .refused, .refused, "subnet-shut-2001_db8_b_2__-64"),
        ("2001:db8:b:9::1", .refused, .answered, nil),
      ]
      Story.wait(until: end, 0.1)
      for (client, anywhere, relay, counter) in steady {
        try expect(client, anywhere, relay: relay, counter, "at any time")
      }
      // The pool's row around it decides, and what is stopped still counts for the row that ended.
      for (client, _, _, counter) in dated {
        try expect(client, .refused, relay: .answered, counter, "after the end")
      }
      for (counter, count) in stopped.sorted(by: { $0.key < $1.key }) {
        let listing = try story.lab.machine.run([
          "nft", "list", "counter", "inet", "fwpolicy", counter,
        ])
        let packets = listing.split(separator: "\n").first { $0.contains("packets") }?
          .split(separator: " ").dropFirst().first.flatMap { Int($0) }
        story.expect("what \(counter) has counted", packets, is: count)
      }
      try story.expectMeaning(packets: 1500) { $0.destinationPort == 25 }
    })

  static let unlisted = Scenario(
    name: "pools that the inventory knows in one family or not at all",
    policy: {
      head("unlisted") + """
        smtp-egress:
          clients: clients
          relays: relays
          subnets:
            # A pool without IPv6: its clients have it alive, and their port 25 shut.
            - { prefix: 198.51.100.0/25, name: pool, smtp: allowed }
        """
    },
    tell: { story in
      let mail = try Mail(story.lab)
      story.expect("a listed pool", try mail.send(from: "198.51.100.7"), is: .answered)
      for client in ["2001:db8:b:1::7", "198.51.100.130"] {
        story.expect("unlisted \(client)", try mail.send(from: client), is: .refused)
        story.expect(
          "unlisted \(client) to the relay", try mail.send(from: client, toRelay: true),
          is: .answered)
      }
      let web = try story.lab.serveTCP(at: Place.stranger6, port: 443, family: .ipv6)
      story.expect(
        "the web over IPv6",
        try story.lab.connect(
          from: .world("2001:db8:b:1::7", by: "bng1"), to: "2001:db8:77::7", port: 443, server: web),
        is: .answered)
      try story.expectMeaning(packets: 1000) { $0.destinationPort == 25 }
    })

  static let all = [nested, unlisted]
}
