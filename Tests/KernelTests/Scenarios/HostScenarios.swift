import Foundation
import NetworkTypes
import PolicyLanguage
import TestSupport

/// Stories of one machine: what it serves, limits, logs and sends.
enum HostScenarios {
  static let mailServer = Scenario(
    name: "a mail server",
    policy: {
      """
      fwpolicy: 1
      name: mx1
      users: { postfix: 89 }
      networks:
        noc: [192.0.2.0/28, "2001:db8:10::/64"]
      inbound:
        - { allow: smtp, serves: mx }
        - { allow: [submission, submissions], serves: msa, limit: 1000/second burst 2000 per source }
        - { allow: [imaps, https] }
        - { allow: ssh, from: noc }
        - { reject: tcp/113 }
        - { allow: ping }
      smtp-egress:
        users: [postfix]
      """
    },
    tell: { story in
      try story.expectMeaning(packets: 1500)
      let lab = story.lab
      for (own, peer, family) in [
        (Place.own4, Place.stranger4, AddressFamily.ipv4),
        (Place.own6, Place.stranger6, AddressFamily.ipv6),
      ] {
        let server = try lab.serveTCP(at: .machine(), port: 993, family: family)
        story.expect(
          "imaps over \(family)", try lab.connect(from: peer, to: own, port: 993, server: server),
          is: .answered)
        story.expect("ping over \(family)", try lab.ping(from: peer, to: own), is: .answered)
        story.expect(
          "ident over \(family)", try lab.connect(from: peer, to: own, port: 113, server: nil),
          is: .refused)
      }
      // The machine speaks to itself.
      let local = try lab.serveTCP(at: .machine(), port: 12345)
      story.expect(
        "loopback",
        try lab.connect(from: .machine(), to: Place.own4, port: 12345, server: local),
        is: .answered)
      // SMTP to the world is for the MTA's user.
      for (there, family) in [
        ("203.0.113.7", AddressFamily.ipv4), ("2001:db8:77::7", AddressFamily.ipv6),
      ] {
        let mx = try lab.serveTCP(at: .world(there, by: "eth0"), port: 25, family: family)
        story.expect(
          "SMTP by postfix over \(family)",
          try lab.connect(from: .machine(user: 89), to: there, port: 25, server: mx),
          is: .answered)
        story.expect(
          "SMTP by another over \(family)",
          try lab.connect(from: .machine(user: 33), to: there, port: 25, server: mx),
          is: .refused)
      }
    })

  static let nullClient = Scenario(
    name: "a null client",
    policy: {
      """
      fwpolicy: 1
      name: null-client
      smtp-egress:
        relays: [203.0.113.25, "2001:db8:77::25"]
      """
    },
    tell: { story in
      let lab = story.lab
      for (relay, other, family) in [
        ("203.0.113.25", "203.0.113.26", AddressFamily.ipv4),
        ("2001:db8:77::25", "2001:db8:77::26", .ipv6),
      ] {
        let smarthost = try lab.serveTCP(at: .world(relay, by: "eth0"), port: 25, family: family)
        story.expect(
          "to the smarthost over \(family)",
          try lab.connect(from: .machine(user: 33), to: relay, port: 25, server: smarthost),
          is: .answered)
        let elsewhere = try lab.serveTCP(at: .world(other, by: "eth0"), port: 25, family: family)
        story.expect(
          "to anybody else over \(family)",
          try lab.connect(from: .machine(user: 0), to: other, port: 25, server: elsewhere),
          is: .refused)
      }
    })

  static let limitPerSource = Scenario(
    name: "a limit per source",
    policy: {
      """
      fwpolicy: 1
      name: limited
      inbound:
        - { allow: ssh, limit: 2/hour burst 3 per source }
        - { allow: ssh, from: 203.0.113.99 }
      """
    },
    tell: { story in
      let lab = story.lab
      let server4 = try lab.serveTCP(at: .machine(), port: 22)
      let server6 = try lab.serveTCP(at: .machine(), port: 22, family: .ipv6)
      func attempt(_ source: String, _ destination: String, _ server: LabServer) throws
        -> LabOutcome
      {
        try lab.connect(
          from: .world(source, by: "eth0"), to: destination, port: 22, server: server)
      }
      for number in 1...3 {
        story.expect(
          "IPv4 connection \(number)", try attempt("203.0.113.7", Place.own4, server4),
          is: .answered)
      }
      story.expect(
        "the fourth over IPv4", try attempt("203.0.113.7", Place.own4, server4), is: .silence)
      story.expect(
        "another source over IPv4", try attempt("203.0.113.8", Place.own4, server4),
        is: .answered)
      for number in 1...3 {
        story.expect(
          "connection \(number) of one /64",
          try attempt("2001:db8:77::\(number)", Place.own6, server6), is: .answered)
      }
      story.expect(
        "the fourth of one /64", try attempt("2001:db8:77::4", Place.own6, server6), is: .silence)
      story.expect(
        "the last address of that /64",
        try attempt("2001:db8:77:0:ffff:ffff:ffff:ffff", Place.own6, server6), is: .silence)
      story.expect(
        "the next /64", try attempt("2001:db8:77:1::4", Place.own6, server6), is: .answered)
    })

  static let fullTable = Scenario(
    name: "a limit whose table is full",
    policy: {
      """
      fwpolicy: 1
      name: full
      inbound:
        - { name: web, allow: http, limit: 1000/second burst 2000 per source }
      """
    },
    tell: { story in
      let lab = story.lab
      let server = try lab.serveTCP(at: .machine(), port: 80)
      let known = LabEnd.world("203.0.113.7", by: "eth0")
      story.expect(
        "a source with the table empty",
        try lab.connect(from: known, to: Place.own4, port: 80, server: server), is: .answered)
      // Every place but the one that is taken, and then one more.
      let addresses = (0..<65535).map { "100.64.\($0 >> 8).\($0 & 255)" }
      for chunk in stride(from: 0, to: addresses.count, by: 8192) {
        let part = addresses[chunk..<min(chunk + 8192, addresses.count)]
        try lab.load(
          "add element inet fwpolicy limit-web-4 { \(part.joined(separator: ", ")) }\n")
      }
      story.expect(
        "a new source with the table full",
        try lab.connect(
          from: .world("203.0.113.8", by: "eth0"), to: Place.own4, port: 80, server: server),
        is: .silence)
      story.expect(
        "the source that has its place",
        try lab.connect(from: known, to: Place.own4, port: 80, server: server), is: .answered)
      // The other family has a table of its own.
      let server6 = try lab.serveTCP(at: .machine(), port: 80, family: .ipv6)
      story.expect(
        "the other family",
        try lab.connect(from: Place.stranger6, to: Place.own6, port: 80, server: server6),
        is: .answered)
    })

  static let connections = Scenario(
    name: "connections per source",
    policy: {
      """
      fwpolicy: 1
      name: connections
      inbound:
        - { allow: imaps, limit: 2 connections per source }
      """
    },
    tell: { story in
      let lab = story.lab
      for (own, sources, family) in [
        (Place.own4, ["203.0.113.7", "203.0.113.7", "203.0.113.7"], AddressFamily.ipv4),
        (Place.own6, ["2001:db8:77::1", "2001:db8:77::2", "2001:db8:77::3"], .ipv6),
      ] {
        let server = try lab.serveTCP(at: .machine(), port: 993, family: family)
        var open: [LabConnection] = []
        for (number, source) in sources.enumerated() {
          let dialled = try lab.dial(
            from: .world(source, by: "eth0"), to: own, port: 993, server: server)
          story.expect(
            "connection \(number + 1) over \(family)", dialled.outcome,
            is: number < 2 ? .answered : .silence)
          if let connection = dialled.connection { open.append(connection) }
        }
        for connection in open {
          story.expect("those that stand go on", connection.exchange(), is: .answered)
        }
      }
    })

  /// Asked before its end and after.
  static let expiry = Scenario(
    name: "a rule that ends in three seconds or more",
    policy: {
      let end = Scenario.moment(inSeconds: 2)
      let text = ISO8601DateFormatter().string(from: end)
      return """
        fwpolicy: 1
        name: expiry
        description: "\(Int(end.timeIntervalSince1970))"
        inbound:
          - { name: guest, allow: ssh, expires: \(text) }
          - { allow: http }
        smtp-egress:
          relays: 203.0.113.25
          allow: [{ to: 203.0.113.7, expires: \(text) }]
        """
    },
    tell: { story in
      let lab = story.lab
      guard let end = story.subject.policy.inbound.rules.first?.expires else {
        story.expect("the rule's end", false, is: true)
        return
      }
      let server = try lab.serveTCP(at: .machine(), port: 22)
      let mx = try lab.serveTCP(at: .world("203.0.113.7", by: "eth0"), port: 25)
      // In the last second, so that an end that is a second early is seen.
      Story.wait(until: end, -0.9)
      story.expect(
        "before the end",
        try lab.connect(from: Place.stranger4, to: Place.own4, port: 22, server: server),
        is: .answered)
      story.expect(
        "mail before the end",
        try lab.connect(from: .machine(), to: "203.0.113.7", port: 25, server: mx), is: .answered)
      story.mustBeBefore(end)
      Story.wait(until: end, 0.1)
      story.expect(
        "after the end",
        try lab.connect(
          from: Place.stranger4, to: Place.own4, port: 22, server: server),
        is: .silence)
      story.expect(
        "mail after the end",
        try lab.connect(from: .machine(), to: "203.0.113.7", port: 25, server: mx),
        is: .refused)
    })

  static let logs = Scenario(
    name: "log messages",
    policy: {
      """
      fwpolicy: 1
      name: logs
      defaults: { log: { to: group 5 } }
      zones:
        wan: { kind: outside, interfaces: [eth0] }
        lan: { interfaces: [bng1], networks: [198.51.100.0/24], anti-spoofing: networks }
      inbound:
        - { name: door, allow: ssh, log: true }
        - { name: "no-telnet", reject: telnet, log: "telnet! " }
        - { name: slow, allow: http, limit: 1/day burst 1 per source }
      smtp-egress:
        users: []
      """
    },
    tell: { story in
      let lab = story.lab
      let listener = try LogListener(group: 5, in: lab.machine)
      func logged(_ what: String, _ wanted: [String], _ act: () throws -> Void) throws {
        _ = listener.messages(within: 0)
        try act()
        let heard = listener.prefixes(within: wanted.isEmpty ? 0 : LogListener.patience)
        story.expect(what, Set(heard), is: Set(wanted))
      }
      func dial(_ port: UInt16, from end: LabEnd = Place.stranger4) throws {
        _ = try lab.connect(from: end, to: Place.own4, port: port, server: nil)
      }
      try logged("an allow with a log", ["fwpolicy/inbound/door/allow: "]) { try dial(22) }
      try logged("an author's own prefix", ["telnet! "]) { try dial(23) }
      try logged("the default", ["fwpolicy/inbound/default/deny: "]) { try dial(4444) }
      try logged("within a limit", []) { try dial(80) }
      try logged("over a limit", ["fwpolicy/inbound/slow/limit: "]) { try dial(80) }
      try logged("a spoofed source", ["fwpolicy/anti-spoofing/default/deny: "]) {
        try dial(22, from: .world("203.0.113.9", by: "bng1"))
      }
      try logged("the gate", ["fwpolicy/smtp-egress/default/reject: "]) {
        _ = try lab.connect(
          from: .machine(), to: "203.0.113.7", port: 25, server: nil)
      }
    })

  /// Bigger than any frame: the kernel puts the pieces together before the rules see them.
  static let fragments = Scenario(
    name: "fragments",
    policy: {
      """
      fwpolicy: 1
      name: fragments
      inbound:
        - { allow: udp/5000 }
      """
    },
    tell: { story in
      let lab = story.lab
      for (own, end, family) in [
        (Place.own4, Place.stranger4, AddressFamily.ipv4),
        (Place.own6, Place.stranger6, .ipv6),
      ] {
        for (port, arrives) in [(UInt16(5000), true), (5001, false)] {
          let server = try lab.serveUDP(at: .machine(), port: port, family: family)
          let length = try lab.sendUDP(
            [UInt8](repeating: 7, count: 5000), from: end, to: own, port: port, server: server)
          story.expect("5,000 bytes to port \(port) over \(family)", length == 5000, is: arrives)
        }
      }
    })

  static let all = [
    mailServer, nullClient, limitPerSource, fullTable, connections, expiry, logs, fragments,
  ]
}
