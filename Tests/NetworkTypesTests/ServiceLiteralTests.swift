import NetworkTypes
import Testing

struct ServiceLiteralTests {
  @Test(arguments: [
    ("tcp/25", "tcp/25"), ("udp/5000-5100", "udp/5000-5100"), ("sctp/1", "sctp/1"),
    ("tcp/65535", "tcp/65535"), ("tcp/1-65535", "tcp/1-65535"), ("tcp/7-7", "tcp/7"),
    ("icmp/echo-request", "icmp/echo-request"), ("icmp/8", "icmp/echo-request"),
    ("icmp/0", "icmp/echo-reply"), ("icmp/255", "icmp/255"),
    ("icmp/destination-unreachable/4", "icmp/destination-unreachable/frag-needed"),
    ("icmp/3/frag-needed", "icmp/destination-unreachable/frag-needed"),
    ("icmp/8/0", "icmp/echo-request/0"), ("icmp/255/255", "icmp/255/255"),
    ("icmpv6/128", "icmpv6/echo-request"), ("ipv6-icmp/135", "icmpv6/nd-neighbor-solicit"),
    ("icmpv6/mld-listener-reduction", "icmpv6/mld-listener-done"),
    ("icmpv6/1/4", "icmpv6/destination-unreachable/port-unreachable"),
    ("proto/47", "proto/gre"), ("proto/gre", "proto/gre"), ("proto/0", "proto/0"),
    ("proto/255", "proto/255"), ("proto/tcp", "proto/tcp"), ("proto/ipv6-icmp", "proto/icmpv6"),
  ])
  func acceptsAndPrints(_ text: String, _ printed: String) throws {
    let set = try parseServiceLiteral(text)
    #expect(set.description == printed)
    #expect(try parseServiceLiteral(printed) == set)
  }

  @Test(
    arguments: [
      ("", .emptyText), ("smtp", .notALiteral), ("tcp/", .emptyPart), ("/25", .emptyPart),
      ("tcp/25,465", .listInLiteral(items: ["tcp/25", "tcp/465"])), ("tcp /25", .spaceInside),
      ("tcp/5-", .emptyPart), ("tcp/-5", .emptyPart), ("tcp/0", .portZero),
      ("tcp/0-10", .portZero), ("tcp/65536", .portOutOfRange("65536")),
      ("tcp/1-65536", .portOutOfRange("65536")),
      ("tcp/99999999999999999999", .portOutOfRange("99999999999999999999")),
      ("tcp/025", .leadingZero("025")), ("tcp/smtp", .notAPort("smtp")),
      ("tcp/+25", .notAPort("+25")), ("tcp/1000-*", .notAPort("*")),
      ("tcp/1-2-3", .notAPort("2-3")),
      ("tcp/*", .wildcardPort("tcp")), ("udp/any", .wildcardPort("udp")),
      ("tcp/100-5", .reversedPorts(lower: "100", upper: "5")), ("tcp/25/26", .tooManyParts),
      ("TCP/25", .unknownProtocol("TCP", nearest: "tcp")),
      ("tpc/25", .unknownProtocol("tpc", nearest: "tcp")),
      ("nonsense/25", .unknownProtocol("nonsense", nearest: nil)),
      ("gre/25", .protocolWithoutPorts("gre")),
      ("icmp/echo-reqest", .unknownICMPType("echo-reqest", nearest: "echo-request")),
      ("icmp/nd-neighbor-solicit", .unknownICMPType("nd-neighbor-solicit", nearest: nil)),
      ("icmp/256", .icmpTypeOutOfRange("256")), ("icmp/3/256", .icmpCodeOutOfRange("256")),
      ("icmp/3/frag-neded", .unknownICMPCode("frag-neded", nearest: "frag-needed")),
      ("icmp/8/frag-needed", .unknownICMPCode("frag-needed", nearest: nil)),
      ("icmp/3/", .emptyPart), ("icmp//4", .emptyPart), ("icmp/3/4/5", .tooManyParts),
      ("icmp/03", .leadingZero("03")), ("proto/256", .protocolNumberOutOfRange("256")),
      ("proto/gree", .unknownProtocol("gree", nearest: "gre")), ("proto/47/1", .tooManyParts),
    ] as [(String, ServiceParseError)])
  func rejectsWithTheReason(_ text: String, _ reason: ServiceParseError) {
    #expect(throws: reason) { try parseServiceLiteral(text) }
    #expect(!reason.message.isEmpty && !reason.message.hasSuffix("."))
  }

  @Test func printsRunsOfProtocolsAndCodes() {
    let set = ServiceSet(
      protocols: IntervalSet([IntervalSet.Interval(50, 51)]),
      ports: [.tcp: IntervalSet([IntervalSet.Interval(0, 24)])],
      icmp: IntervalSet([IntervalSet.Interval(0x02fe, 0x0401)]))
    #expect(
      set.description
        == "tcp/0-24, icmp/2/254-255, icmp/destination-unreachable, icmp/source-quench/0-1, proto/50-51"
    )
    #expect(ServiceSet.any.description == "any")
    #expect(ServiceSet().description == "none")
  }
}
