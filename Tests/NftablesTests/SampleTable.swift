import NetworkTypes
import Nftables

/// Every statement, every field in a comparison or key, and every shape of set, in one table.
enum Sample {
  static let origin = Origin(index: 0)

  static func rule(_ statements: Statement..., comment: String? = nil) -> Rule {
    Rule(statements, comment: comment, origin: origin)
  }

  static let tcp = Statement.compare(.l4Proto, .equal, 6)
  static let udp = Statement.compare(.l4Proto, .equal, 17)
  static let ipv4 = Statement.compare(.nfProto, .equal, 2)
  static let ipv6 = Statement.compare(.nfProto, .equal, 10)
  static let accept = Statement.verdict(.accept)

  static func ipv4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> UInt32 {
    a << 24 | b << 16 | c << 8 | d
  }

  static let documentation6 = UInt128(0x2001_0db8) << 96

  static let sets: [NamedSet] = [
    NamedSet(
      name: "fw-clients-4", kind: .set, key: [.ipv4Address], isInterval: true, size: 100,
      elements: .ipv4(
        IntervalSet([
          .init(ipv4(192, 0, 2, 0), ipv4(192, 0, 2, 15)),
          .init(ipv4(192, 0, 2, 33), ipv4(192, 0, 2, 33)),
          .init(ipv4(198, 51, 100, 1), ipv4(198, 51, 100, 9)),
          .init(ipv4(255, 255, 255, 0), ipv4(255, 255, 255, 255)),
        ])), comment: "policy.yaml:7", origin: origin),
    NamedSet(
      name: "fw-clients-6", kind: .set, key: [.ipv6Address], isInterval: true,
      elements: .ipv6(
        IntervalSet([
          .init(0, 0), .init(documentation6, documentation6 | (UInt128(1) << 96 - 1)),
          .init(UInt128(0xfe80) << 112 | 1, UInt128(0xfe80) << 112 | 9),
          .init(UInt128(0xffff) << 112, .max),
        ])), origin: origin),
    NamedSet(
      name: "fw-net28", kind: .set, key: [.ipv4Address], size: 64,
      elements: .ipv4(
        IntervalSet([.init(ipv4(203, 0, 113, 16), ipv4(203, 0, 113, 16))])), origin: origin),
    NamedSet(
      name: "fw-net48", kind: .set, key: [.ipv6Address], size: 64,
      elements: .tuples([Element([.range(documentation6, documentation6)])]), origin: origin),
    NamedSet(
      name: "fw-empty", kind: .set, key: [.ipv4Address], isInterval: true, elements: .none,
      origin: origin),
    NamedSet(
      name: "fw-interfaces", kind: .set, key: [.interfaceName],
      elements: .tuples([Element([.interface("eth0")]), Element([.interface("bng1.100")])]),
      origin: origin),
    NamedSet(
      name: "fw-offenders-6", kind: .set, key: [.ipv6Address], isDynamic: true,
      timeoutSeconds: 86400, size: 65536, elements: .none, origin: origin),
    NamedSet(
      name: "fw-guests-4", kind: .set, key: [.ipv4Address], isInterval: true,
      timeoutSeconds: 604_800, size: 65536, elements: .none, comment: "guests", origin: origin),
    NamedSet(
      name: "fw-guests-6", kind: .set, key: [.ipv6Address], isInterval: true, hasTimeouts: true,
      size: 65536, elements: .none, origin: origin),
    NamedSet(
      name: "fw-rows-4", kind: .counterMap, key: [.ipv4Address], isInterval: true, size: 3,
      elements: .tuples([
        Element(
          [.range(UInt128(ipv4(192, 0, 2, 0)), UInt128(ipv4(192, 0, 2, 15)))], counter: "fw-count"),
        Element([.value(ipv4(192, 0, 2, 16))], counter: "fw-plain"),
        Element(
          [.range(UInt128(ipv4(203, 0, 113, 1)), UInt128(ipv4(203, 0, 113, 2)))],
          counter: "fw-count"),
      ]), comment: "rows", origin: origin),
    NamedSet(
      name: "fw-pairs", kind: .set, key: [.ipv4Address, .inetService],
      elements: .tuples([Element([.value(ipv4(192, 0, 2, 25)), .value(25)])]), origin: origin),
    NamedSet(
      name: "fw-uids", kind: .set, key: [.uid],
      elements: .tuples([Element([.value(0)]), Element([.value(89)])]), origin: origin),
    NamedSet(
      name: "fw-packets", kind: .set, key: [.packetType, .nfProto],
      elements: .tuples([Element([.value(1), .value(2)]), Element([.value(0), .value(10)])]),
      origin: origin),
    NamedSet(
      name: "fw-icmp", kind: .set, key: [.icmpType, .icmpCode],
      elements: .tuples([
        Element([.value(8), .value(0)]), Element([.value(3), .value(4)]),
        Element([.value(99), .value(0)]),
      ]), origin: origin),
    NamedSet(
      name: "fw-icmpv6", kind: .set, key: [.icmpv6Type, .icmpv6Code],
      elements: .tuples([Element([.value(135), .value(0)]), Element([.value(1), .value(1)])]),
      origin: origin),
    NamedSet(
      name: "fw-limit-4", kind: .set, key: [.ipv4Address], isDynamic: true, timeoutSeconds: 600,
      size: 65535, elements: .none, comment: "limiter", origin: origin),
    NamedSet(
      name: "fw-limit-6", kind: .set, key: [.ipv6Address], isDynamic: true, timeoutSeconds: 90061,
      size: 65535, elements: .none, origin: origin),
    NamedSet(
      name: "fw-conns", kind: .set, key: [.ipv4Address], isDynamic: true, size: 1024,
      elements: .none, origin: origin),
    NamedSet(
      name: "fw-services", kind: .verdictMap, key: [.inetProto, .inetService], isInterval: true,
      elements: .tuples([
        Element([.value(6), .value(22)], .accept),
        Element([.value(6), .range(1024, 65535)], .drop),
        Element([.value(17), .range(161, 162)], .jump("fw-leaf")),
        Element([.value(47), .range(0, 65535)], .goto("fw-leaf")),
      ]), origin: origin),
    NamedSet(
      name: "fw-sources-4", kind: .verdictMap, key: [.inetProto, .inetService, .ipv4Address],
      isInterval: true,
      elements: .tuples([
        Element(
          [
            .value(6), .value(22),
            .range(UInt128(ipv4(192, 0, 2, 0)), UInt128(ipv4(192, 0, 2, 15))),
          ],
          .accept),
        Element(
          [
            .range(0, 5), .value(53),
            .range(UInt128(ipv4(10, 0, 0, 1)), UInt128(ipv4(10, 0, 0, 3))),
          ],
          .return),
        Element([.value(17), .value(53), .range(0, UInt128(UInt32.max))], .drop),
      ]), origin: origin),
    NamedSet(
      name: "fw-sources-6", kind: .verdictMap, key: [.inetProto, .inetService, .ipv6Address],
      isInterval: true,
      elements: .tuples([
        Element([.value(6), .value(22), .range(documentation6, documentation6 + 0xffff)], .accept),
        Element([.value(17), .value(53), .range(0, .max)], .drop),
      ]), origin: origin),
    NamedSet(
      name: "fw-dispatch", kind: .verdictMap, key: [.interfaceName, .interfaceName],
      elements: .tuples([Element([.interface("eth0"), .interface("eth1")], .jump("fw-leaf"))]),
      origin: origin),
    NamedSet(
      name: "fw-zones", kind: .verdictMap, key: [.interfaceName],
      elements: .tuples([Element([.interface("eth0")], .goto("fw-leaf"))]), origin: origin),
    NamedSet(
      name: "fw-ports", kind: .verdictMap, key: [.inetService], isInterval: true,
      elements: .tuples([Element([.range(8000, 8999)], .accept), Element([.value(25)], .drop)]),
      origin: origin),
  ]

  /// Each rule beside the line that it must become.
  static let rules: [(rule: Rule, text: String)] = [
    (rule(ipv4, accept), "meta nfproto ipv4 accept"),
    (rule(.compare(.l4Proto, .notEqual, 58), accept), "meta l4proto != icmpv6 accept"),
    (rule(.compare(.l4Proto, .equal, 250), accept), "meta l4proto 250 accept"),
    (
      rule(.compareAny(.l4Proto, isNegated: false, [2, 58, 89]), accept),
      "meta l4proto { igmp, icmpv6, 89 } accept"
    ),
    (
      rule(.compareAny(.nfProto, isNegated: false, [2, 10]), accept),
      "meta nfproto { ipv4, ipv6 } accept"
    ),
    (
      rule(
        .compareInterface(.inputInterface, isNegated: false, name: "eth0", isWildcard: false),
        accept), "iifname \"eth0\" accept"
    ),
    (
      rule(
        .compareInterface(.outputInterface, isNegated: true, name: "bng", isWildcard: true), accept),
      "oifname != \"bng*\" accept"
    ),
    (rule(.compare(.socketUser, .equal, 89), .verdict(.return)), "meta skuid 89 return"),
    (
      rule(.compareAny(.socketUser, isNegated: false, [0, 89]), .verdict(.return)),
      "meta skuid { 0, 89 } return"
    ),
    (
      rule(.compare(.time, .less, 1_814_313_600), .verdict(.return)),
      "meta time < 1814313600 return"
    ),
    (
      rule(.compare(.time, .greaterOrEqual, 1_814_313_600), .verdict(.return)),
      "meta time >= 1814313600 return"
    ),
    (rule(.compare(.packetType, .equal, 1), .verdict(.drop)), "meta pkttype broadcast drop"),
    (
      rule(.compareAny(.packetType, isNegated: false, [1, 2]), .verdict(.drop)),
      "meta pkttype { broadcast, multicast } drop"
    ),
    (
      rule(
        ipv4,
        .comparePrefix(
          .ipv4Source, isNegated: false, .ipv4(IPv4Address(bits: ipv4(192, 0, 2, 0)), length: 28)),
        accept), "meta nfproto ipv4 ip saddr 192.0.2.0/28 accept"
    ),
    (
      rule(
        ipv4, .comparePrefix(.ipv4Source, isNegated: false, .ipv4(IPv4Address(bits: 0), length: 5)),
        accept), "meta nfproto ipv4 ip saddr 0.0.0.0/5 accept"
    ),
    (
      rule(
        ipv4,
        .comparePrefix(
          .ipv4Destination, isNegated: true,
          .ipv4(IPv4Address(bits: ipv4(192, 0, 2, 25)), length: 32)), accept),
      "meta nfproto ipv4 ip daddr != 192.0.2.25 accept"
    ),
    (
      rule(
        ipv6,
        .comparePrefix(
          .ipv6Source, isNegated: false, .ipv6(IPv6Address(bits: documentation6), length: 32)),
        accept), "meta nfproto ipv6 ip6 saddr 2001:db8::/32 accept"
    ),
    (
      rule(
        ipv6,
        .comparePrefix(.ipv6Source, isNegated: false, .ipv6(IPv6Address(bits: 0), length: 128)),
        accept), "meta nfproto ipv6 ip6 saddr :: accept"
    ),
    (
      rule(
        ipv6,
        .comparePrefix(
          .ipv6Destination, isNegated: true,
          .ipv6(IPv6Address(bits: documentation6 | 0x25), length: 128)), accept),
      "meta nfproto ipv6 ip6 daddr != 2001:db8::25 accept"
    ),
    (
      rule(tcp, .compare(.tcpDestinationPort, .equal, 22), accept),
      "meta l4proto tcp tcp dport 22 accept"
    ),
    (
      rule(tcp, .compareAny(.tcpDestinationPort, isNegated: true, [22, 25]), accept),
      "meta l4proto tcp tcp dport != { 22, 25 } accept"
    ),
    (
      rule(
        udp, .compare(.udpSourcePort, .equal, 68), .compare(.udpDestinationPort, .equal, 67), accept
      ), "meta l4proto udp udp sport 68 udp dport 67 accept"
    ),
    (
      rule(tcp, .compare(.transportDestinationPort, .greaterOrEqual, 1024), accept),
      "meta l4proto tcp th dport >= 1024 accept"
    ),
    (
      rule(
        ipv4, .compare(.l4Proto, .equal, 1), .compare(.icmpType, .equal, 3),
        .compare(.icmpCode, .equal, 4), accept),
      "meta nfproto ipv4 meta l4proto icmp icmp type destination-unreachable icmp code 4 accept"
    ),
    (
      rule(
        ipv4, .compare(.l4Proto, .equal, 1), .compareAny(.icmpType, isNegated: false, [3, 11, 12]),
        accept),
      "meta nfproto ipv4 meta l4proto icmp icmp type { destination-unreachable, time-exceeded, parameter-problem } accept"
    ),
    (
      rule(
        ipv6, .compare(.l4Proto, .equal, 58), .compare(.icmpv6Type, .equal, 1),
        .compare(.icmpv6Code, .equal, 1), accept),
      "meta nfproto ipv6 meta l4proto icmpv6 icmpv6 type destination-unreachable icmpv6 code 1 accept"
    ),
    (
      rule(
        ipv6, .compare(.l4Proto, .equal, 58),
        .compareAny(.icmpv6Type, isNegated: false, [133, 134, 135, 136]),
        .compare(.ipv6HopLimit, .equal, 255), accept),
      "meta nfproto ipv6 meta l4proto icmpv6 icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept"
    ),
    (
      rule(tcp, .compare(.originalDestinationPort, .equal, 25), accept),
      "meta l4proto tcp ct original proto-dst 25 accept"
    ),
    (rule(.ctState([.related, .established])), "ct state established,related"),
    (rule(.ctState([.invalid]), .verdict(.drop)), "ct state invalid drop"),
    (rule(.ctState([.new, .untracked]), accept), "ct state new,untracked accept"),
    (
      rule(.ctStateMap([.init(.established, .accept), .init(.related, .jump("fw-leaf"))])),
      "ct state vmap { established : accept, related : jump fw-leaf }"
    ),
    (
      rule(ipv4, .lookup(Key(.ipv4Source), isNegated: false, set: "fw-clients-4"), accept),
      "meta nfproto ipv4 ip saddr @fw-clients-4 accept"
    ),
    (
      rule(ipv6, .lookup(Key(.ipv6Destination), isNegated: true, set: "fw-clients-6"), accept),
      "meta nfproto ipv6 ip6 daddr != @fw-clients-6 accept"
    ),
    (
      rule(
        ipv4,
        .lookup(Key([.init(.ipv4Source, prefixLength: 28)]), isNegated: false, set: "fw-net28"),
        accept), "meta nfproto ipv4 ip saddr & 255.255.255.240 @fw-net28 accept"
    ),
    (
      rule(
        ipv6,
        .lookup(Key([.init(.ipv6Source, prefixLength: 48)]), isNegated: false, set: "fw-net48"),
        accept), "meta nfproto ipv6 ip6 saddr & ffff:ffff:ffff:: @fw-net48 accept"
    ),
    (
      rule(.lookup(Key(.inputInterface), isNegated: false, set: "fw-interfaces"), accept),
      "iifname @fw-interfaces accept"
    ),
    (
      rule(
        ipv4, tcp,
        .lookup(Key(.ipv4Destination, .tcpDestinationPort), isNegated: false, set: "fw-pairs"),
        accept), "meta nfproto ipv4 meta l4proto tcp ip daddr . tcp dport @fw-pairs accept"
    ),
    (
      rule(
        ipv4, udp,
        .lookup(Key(.ipv4Destination, .udpDestinationPort), isNegated: false, set: "fw-pairs"),
        accept), "meta nfproto ipv4 meta l4proto udp ip daddr . udp dport @fw-pairs accept"
    ),
    (
      rule(.lookup(Key(.socketUser), isNegated: false, set: "fw-uids"), accept),
      "meta skuid @fw-uids accept"
    ),
    (
      rule(.lookup(Key(.packetType, .nfProto), isNegated: false, set: "fw-packets"), accept),
      "meta pkttype . meta nfproto @fw-packets accept"
    ),
    (
      rule(
        ipv4, .compare(.l4Proto, .equal, 1),
        .lookup(Key(.icmpType, .icmpCode), isNegated: false, set: "fw-icmp"), accept),
      "meta nfproto ipv4 meta l4proto icmp icmp type . icmp code @fw-icmp accept"
    ),
    (
      rule(
        ipv6, .compare(.l4Proto, .equal, 58),
        .lookup(Key(.icmpv6Type, .icmpv6Code), isNegated: false, set: "fw-icmpv6"), accept),
      "meta nfproto ipv6 meta l4proto icmpv6 icmpv6 type . icmpv6 code @fw-icmpv6 accept"
    ),
    (
      rule(.verdictMap(Key(.l4Proto, .transportDestinationPort), map: "fw-services")),
      "meta l4proto . th dport vmap @fw-services"
    ),
    (
      rule(
        ipv4,
        .verdictMap(Key(.l4Proto, .transportDestinationPort, .ipv4Source), map: "fw-sources-4")),
      "meta nfproto ipv4 meta l4proto . th dport . ip saddr vmap @fw-sources-4"
    ),
    (
      rule(
        ipv6,
        .verdictMap(Key(.l4Proto, .transportDestinationPort, .ipv6Source), map: "fw-sources-6")),
      "meta nfproto ipv6 meta l4proto . th dport . ip6 saddr vmap @fw-sources-6"
    ),
    (
      rule(.verdictMap(Key(.inputInterface, .outputInterface), map: "fw-dispatch")),
      "iifname . oifname vmap @fw-dispatch"
    ),
    (rule(.verdictMap(Key(.outputInterface), map: "fw-zones")), "oifname vmap @fw-zones"),
    (
      rule(tcp, .verdictMap(Key(.originalDestinationPort), map: "fw-ports")),
      "meta l4proto tcp ct original proto-dst vmap @fw-ports"
    ),
    (rule(.counter("fw-count")), "counter name \"fw-count\""),
    (
      rule(
        .limit(RateLimit(rate: 10, unitSeconds: 1, burst: 20)),
        .log(prefix: "fwpolicy deny: ", group: nil)),
      "limit rate 10/second burst 20 packets log prefix \"fwpolicy deny: \""
    ),
    (
      rule(
        .limit(RateLimit(rate: 3, unitSeconds: 3600, burst: 7, isOver: true)),
        .log(prefix: "", group: 5)), "limit rate over 3/hour burst 7 packets log group 5"
    ),
    (rule(.log(prefix: "both: ", group: 0)), "log prefix \"both: \" group 0"),
    (rule(.log(prefix: "", group: nil)), "log"),
    (
      rule(
        ipv4,
        .dynamicSet(
          .update, Key(.ipv4Source), set: "fw-limit-4",
          .limit(RateLimit(rate: 10, unitSeconds: 60, burst: 6))), accept),
      "meta nfproto ipv4 update @fw-limit-4 { ip saddr limit rate 10/minute burst 6 packets } accept"
    ),
    (
      rule(
        ipv6,
        .dynamicSet(
          .add, Key([.init(.ipv6Source, prefixLength: 64)]), set: "fw-limit-6",
          .limit(RateLimit(rate: 9, unitSeconds: 86400, burst: 2, isOver: true))), .verdict(.drop)),
      "meta nfproto ipv6 add @fw-limit-6 { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 9/day burst 2 packets } drop"
    ),
    (
      rule(
        ipv4, .dynamicSet(.add, Key(.ipv4Source), set: "fw-conns", .connectionCount(20)), accept),
      "meta nfproto ipv4 add @fw-conns { ip saddr ct count 20 } accept"
    ),
    (
      rule(
        ipv6,
        .dynamicSet(
          .update, Key([.init(.ipv6Source, prefixLength: 64)]),
          set: "fw-offenders-6", .counter)),
      "meta nfproto ipv6 update @fw-offenders-6 { ip6 saddr & ffff:ffff:ffff:ffff:: counter }"
    ),
    (
      rule(ipv4, .lookup(Key(.ipv4Source), isNegated: false, set: "fw-guests-4"), accept),
      "meta nfproto ipv4 ip saddr @fw-guests-4 accept"
    ),
    (
      rule(ipv6, .lookup(Key(.ipv6Destination), isNegated: true, set: "fw-guests-6"), accept),
      "meta nfproto ipv6 ip6 daddr != @fw-guests-6 accept"
    ),
    (
      rule(ipv4, .counterMap(Key(.ipv4Source), map: "fw-rows-4")),
      "meta nfproto ipv4 counter name ip saddr map @fw-rows-4"
    ),
    (rule(tcp, .setHelper("fw-ftp")), "meta l4proto tcp ct helper set \"fw-ftp\""),
    (
      rule(
        .compareInterface(.inputInterface, isNegated: false, name: "eth9", isWildcard: false),
        .verdict(.goto("fw-leaf"))), "iifname \"eth9\" goto fw-leaf"
    ),
    (rule(tcp, .reject(.tcpReset)), "meta l4proto tcp reject with tcp reset"),
    (rule(.reject(.adminProhibited)), "reject with icmpx admin-prohibited"),
    (rule(accept, comment: "mx1 policy.yaml:10 +12"), "accept comment \"mx1 policy.yaml:10 +12\""),
  ]

  static let table = Table(
    name: "fwpolicy", comment: "fwpolicy mx1 v1 sha256:0000",
    objects: [
      Object(name: "fw-count", kind: .counter, comment: "why", origin: origin),
      Object(name: "fw-plain", kind: .counter, origin: origin),
      Object(
        name: "fw-ftp", kind: .ctHelper(type: "ftp", transport: .tcp), comment: "active ftp",
        origin: origin),
      Object(name: "fw-tftp", kind: .ctHelper(type: "tftp", transport: .udp), origin: origin),
    ],
    sets: sets,
    chains: [
      Chain(
        name: "fw-input", base: BaseChain(hook: .input, priority: 0, policy: .drop),
        comment: "inbound", rules: rules.map(\.rule), origin: origin),
      Chain(
        name: "fw-prerouting", base: BaseChain(hook: .prerouting, priority: -300, policy: .accept),
        rules: [
          rule(.reversePath(isMissing: true), .verdict(.drop)),
          rule(.reversePath(isMissing: false), .verdict(.accept)),
        ], origin: origin),
      Chain(
        name: "fw-output", base: BaseChain(hook: .output, priority: 5, policy: .accept),
        origin: origin),
      Chain(
        name: "fw-forward", base: BaseChain(hook: .forward, priority: 0, policy: .drop),
        rules: [rule(.verdict(.jump("fw-leaf")))], origin: origin),
      Chain(name: "fw-leaf", comment: "a leaf", origin: origin),
    ], origin: origin)
}
