import Foundation
import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import TestSupport

/// Stories of a router between clients, servers and the internet.
enum RouterScenarios {
  static let edge = Scenario(
    name: "an ISP edge",
    policy: {
      """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients:  { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
        servers:  { kind: servers, interfaces: [eth2] }
      networks:
        relays: [203.0.113.130, "2001:db8:5::25"]
      inbound:
        - { allow: ssh, from: 192.0.2.0/28 }
      forward:
        - { allow: any, from: clients, to: internet }
        - { allow: [smtp, submission], to: relays }
        - { allow: any, from: servers, to: internet }
        - { allow: [https, tcp/8000-8010], from: internet, to: servers }
      smtp-egress:
        clients: clients
        relays: relays
        allow:
          - { from: 198.51.100.16/28, owner: acme }
          - { from: "2001:db8:b:1::/64" }
      """
    },
    tell: { story in
      try story.expectMeaning(packets: 2500)
      let lab = story.lab
      for (client, exempt, stranger, relay, family) in [
        (
          Place.client4, LabEnd.world("198.51.100.17", by: "bng1"), "203.0.113.7",
          "203.0.113.130", AddressFamily.ipv4
        ),
        (
          Place.client6, LabEnd.world("2001:db8:b:1::17", by: "bng1"), "2001:db8:77::7",
          "2001:db8:5::25", .ipv6
        ),
      ] {
        let web = try lab.serveTCP(at: .world(stranger, by: "eth0"), port: 443, family: family)
        story.expect(
          "the web over \(family)",
          try lab.connect(from: client, to: stranger, port: 443, server: web), is: .answered)
        let mx = try lab.serveTCP(at: .world(stranger, by: "eth0"), port: 25, family: family)
        story.expect(
          "a client's direct SMTP over \(family)",
          try lab.connect(from: client, to: stranger, port: 25, server: mx), is: .refused)
        story.expect(
          "an exempt client's SMTP over \(family)",
          try lab.connect(from: exempt, to: stranger, port: 25, server: mx), is: .answered)
        let smarthost = try lab.serveTCP(at: .world(relay, by: "eth2"), port: 25, family: family)
        story.expect(
          "SMTP to the relay over \(family)",
          try lab.connect(from: client, to: relay, port: 25, server: smarthost), is: .answered)
      }
      // A source that does not belong behind the interface.
      let names = try lab.serveUDP(at: .world("203.0.113.7", by: "eth0"), port: 53)
      story.expect(
        "a spoofed source",
        try lab.exchangeUDP(
          from: .world("203.0.113.200", by: "bng1"), to: "203.0.113.7", port: 53, server: names),
        is: .silence)
    })

  /// FTP through the router: the helper lets the data connection follow, and never to port 25.
  static let ftp = Scenario(
    name: "FTP and its helper",
    policy: {
      """
      fwpolicy: 1
      name: ftp
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients:  { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
      forward:
        - { allow: ftp, from: clients, to: internet }
        - { allow: tcp/2121, from: clients, to: internet }
      smtp-egress:
        clients: clients
        relays: 203.0.113.130
      """
    },
    tell: { story in
      let lab = story.lab
      /// What becomes of a data connection to a port that the server names in passive mode.
      func passive(control: UInt16, data: UInt16) throws -> LabOutcome {
        let there = "203.0.113.7"
        let server = try lab.serveTCP(at: .world(there, by: "eth0"), port: control)
        let dialled = try lab.dial(
          from: Place.client4, to: there, port: control, server: server)
        guard let connection = dialled.connection, dialled.outcome == .answered else {
          return .unreachable
        }
        // The helper reads only what begins a line: end the line that the first exchange began.
        _ = connection.server.send(Array("\r\n".utf8), to: nil)
        _ = connection.client.receive(within: 4000)
        _ = connection.client.send(Array("\r\nPASV\r\n".utf8), to: nil)
        _ = connection.server.receive(within: 4000)
        let reply =
          "227 Entering Passive Mode (203,0,113,7,\(data >> 8),\(data & 255)).\r\n"
        _ = connection.server.send(Array(reply.utf8), to: nil)
        _ = connection.client.receive(within: 4000)
        let listener = try lab.serveTCP(at: .world(there, by: "eth0"), port: data)
        return try lab.connect(
          from: Place.client4, to: there, port: data, server: listener)
      }
      story.expect(
        "a data connection behind the helper", try passive(control: 21, data: 40021),
        is: .answered)
      story.expect(
        "a data connection without a helper", try passive(control: 2121, data: 40022),
        is: .silence)
      story.expect(
        "a server that names port 25", try passive(control: 21, data: 25), is: .refused)
    })

  /// Errors about flows of which conntrack saw only one direction must pass.
  static let pathMTU = Scenario(
    name: "an ICMP error about a flow seen one way",
    policy: {
      """
      fwpolicy: 1
      name: pmtu
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients:  { kind: clients, interfaces: ["bng*"] }
      forward:
        - { allow: https, from: clients, to: internet }
      inbound:
        - { allow: ping }
      """
    },
    tell: { story in
      try story.expectMeaning(packets: 2500) { $0.icmpType != nil }
    })

  /// Prefixes inside one another and side by side: the longest that lives decides, as it is written.
  static let nested = Scenario(
    name: "nested exceptions, the longest of which end in three seconds or more",
    policy: {
      let end = Scenario.moment(inSeconds: 3)
      let text = ISO8601DateFormatter().string(from: end)
      return """
        fwpolicy: 1
        name: nested
        role: router
        zones:
          internet: { kind: outside, interfaces: [eth0] }
          clients:  { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
        networks:
          halves: [198.51.100.0/25, 198.51.100.128/25, "2001:db8:b::/49", "2001:db8:b:8000::/49"]
        forward:
          - { allow: any, from: clients, to: internet }
        smtp-egress:
          clients: clients
          allow:
            - { from: [198.51.100.0/24, "2001:db8:b::/48"], to: 203.0.113.8 }
            - { from: { network: halves, except: 198.51.100.240/28 } }
            - { from: [198.51.100.64/28, "2001:db8:b:4000::/64"], to: 203.0.113.8, expires: \(text) }
            - { from: [198.51.100.96/27, "2001:db8:b:6000::/64"], to: 203.0.113.8 }
            - { from: [198.51.100.96/28, "2001:db8:b:6000::7"], expires: \(text) }
        """
    },
    tell: { story in
      let lab = story.lab
      let end = story.subject.policy.smtpEgress?.allow.compactMap(\.expires).first
      guard let end else {
        story.expect("the exception's end", false, is: true)
        return
      }
      let mx4 = try lab.serveTCP(at: Place.stranger4, port: 25)
      let mx6 = try lab.serveTCP(at: Place.stranger6, port: 25, family: .ipv6)
      func mail(from client: String) throws -> LabOutcome {
        let client6 = client.contains(":")
        return try lab.connect(
          from: .world(client, by: "bng1"), to: client6 ? "2001:db8:77::7" : "203.0.113.7",
          port: 25, server: client6 ? mx6 : mx4)
      }
      for client in ["198.51.100.20", "198.51.100.200", "2001:db8:b::20", "2001:db8:b:8000::20"] {
        story.expect("a half is longer, \(client)", try mail(from: client), is: .answered)
      }
      story.expect(
        "cut out of a half", try mail(from: "198.51.100.241"), is: .refused)
      story.expect("beside the cut", try mail(from: "198.51.100.239"), is: .answered)
      let closed = ["198.51.100.64", "198.51.100.79", "2001:db8:b:4000::1"]
      let opened = ["198.51.100.96", "198.51.100.111", "2001:db8:b:6000::7"]
      let around = ["198.51.100.63", "198.51.100.80", "2001:db8:b:4001::"]
      for client in closed + opened {
        story.expect(
          "before the end, \(client)", try mail(from: client),
          is: closed.contains(client) ? .refused : .answered)
      }
      story.mustBeBefore(end)
      Story.wait(until: end, 0.1)
      for client in closed + around {
        story.expect("the half again, \(client)", try mail(from: client), is: .answered)
      }
      for client in opened {
        story.expect("the /27 or /64 again, \(client)", try mail(from: client), is: .refused)
      }
    })

  static let all = [edge, ftp, pathMTU, nested]
}
