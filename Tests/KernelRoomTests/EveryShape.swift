import NetworkTypes
import Nftables

/// A table with every kind of object, set, element, field and statement, and the same in nft's text.
enum EveryShape {
  static let here = Origin(index: 0)

  static func rule(_ statements: Statement..., comment: String? = nil) -> Rule {
    Rule(statements, comment: comment, origin: here)
  }

  static let ipv4: Statement = .compare(.nfProto, .equal, 2)
  static let ipv6: Statement = .compare(.nfProto, .equal, 10)
  static let tcp: Statement = .compare(.l4Proto, .equal, 6)
  static let udp: Statement = .compare(.l4Proto, .equal, 17)
  static let icmp: Statement = .compare(.l4Proto, .equal, 1)
  static let icmpv6: Statement = .compare(.l4Proto, .equal, 58)
  static let accept: Statement = .verdict(.accept)

  static func address(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> UInt32 {
    a << 24 | b << 16 | c << 8 | d
  }

  static let ipv6Network = UInt128(0x2001_0db8_0010) << 80

  static let table = Table(
    name: "t", comment: "fwpolicy mx1 v1 sha256:0000",
    objects: [
      Object(name: "c1", kind: .counter, comment: "c one", origin: here),
      Object(name: "c-2", kind: .counter, origin: here),
      Object(
        name: "h1", kind: .ctHelper(type: "ftp", transport: .tcp), comment: "helper", origin: here),
    ],
    sets: sets,
    chains: [
      Chain(
        name: "c1", base: BaseChain(hook: .input, priority: -10, policy: .drop),
        comment: "chain one", rules: matches, origin: here),
      Chain(name: "c2", rules: effects, origin: here),
      Chain(name: "c3", rules: [rule(.verdict(.drop))], origin: here),
    ], origin: here)

  static let sets: [NamedSet] = [
    NamedSet(
      name: "s4", kind: .set, key: [.ipv4Address], isInterval: true,
      elements: .ipv4(
        IntervalSet([
          .init(address(192, 0, 2, 0), address(192, 0, 2, 15)),
          .init(address(198, 51, 100, 7), address(198, 51, 100, 7)),
          .init(address(203, 0, 113, 0), address(203, 0, 113, 9)),
          .init(address(255, 255, 255, 0), .max),
        ])), comment: "s four", origin: here),
    NamedSet(
      name: "s4h", kind: .set, key: [.ipv4Address], size: 10,
      elements: .ipv4(
        IntervalSet([1, 3].map { .init(address(192, 0, 2, $0), address(192, 0, 2, $0)) })),
      origin: here),
    NamedSet(
      name: "s6", kind: .set, key: [.ipv6Address], isInterval: true,
      elements: .ipv6(IntervalSet([.init(ipv6Network, ipv6Network | UInt128(UInt64.max))])),
      origin: here),
    NamedSet(
      name: "all4", kind: .set, key: [.ipv4Address], isInterval: true, elements: .ipv4(.all),
      origin: here),
    NamedSet(
      name: "ifs", kind: .set, key: [.interfaceName],
      elements: .tuples([Element([.interface("eth0")]), Element([.interface("lo")])]), origin: here),
    NamedSet(
      name: "mk", kind: .set, key: [.mark],
      elements: .tuples([Element([.value(1)]), Element([.value(2)])]), origin: here),
    NamedSet(
      name: "u", kind: .set, key: [.uid], isInterval: true,
      elements: .tuples([Element([.range(1000, 1005)]), Element([.value(UInt32.max)])]),
      origin: here),
    NamedSet(
      name: "np", kind: .set, key: [.nfProto], isInterval: true,
      elements: .tuples([Element([.value(2)])]), origin: here),
    NamedSet(
      name: "i6t", kind: .set, key: [.icmpv6Type],
      elements: .tuples([Element([.value(128)])]), origin: here),
    NamedSet(
      name: "dyn", kind: .set, key: [.ipv4Address], isDynamic: true, timeoutSeconds: 600,
      size: 65535, elements: .none, origin: here),
    NamedSet(
      name: "dync", kind: .set, key: [.ipv6Address, .inetService], isDynamic: true, size: 100,
      elements: .none, origin: here),
    NamedSet(
      name: "rec", kind: .set, key: [.ipv6Address], isDynamic: true, timeoutSeconds: 86400,
      size: 65536, elements: .none, origin: here),
    NamedSet(
      name: "run4", kind: .set, key: [.ipv4Address], isInterval: true, timeoutSeconds: 604_800,
      size: 65536, elements: .none, comment: "network quarantine", origin: here),
    NamedSet(
      name: "run6", kind: .set, key: [.ipv6Address], isInterval: true, hasTimeouts: true,
      size: 65536, elements: .none, origin: here),
    NamedSet(
      name: "cm4", kind: .counterMap, key: [.ipv4Address], isInterval: true, size: 10,
      elements: .tuples([
        Element(
          [.range(UInt128(address(192, 0, 2, 0)), UInt128(address(192, 0, 2, 15)))], counter: "c1"),
        Element(
          [.range(UInt128(address(192, 0, 2, 16)), UInt128(address(192, 0, 2, 31)))],
          counter: "c-2"),
        Element([.value(address(198, 51, 100, 7))], counter: "c1"),
        Element(
          [.range(UInt128(address(203, 0, 113, 0)), UInt128(UInt32.max))], counter: "c-2"),
      ]), comment: "rows", origin: here),
    NamedSet(
      name: "cm6", kind: .counterMap, key: [.ipv6Address], isInterval: true,
      elements: .tuples([Element([.range(0, ipv6Network)], counter: "c1")]), origin: here),
    NamedSet(
      name: "cmh", kind: .counterMap, key: [.ipv4Address],
      elements: .tuples([
        Element([.value(1)], counter: "c1"), Element([.value(2)], counter: "c-2"),
      ]), origin: here),
    NamedSet(
      name: "cmc", kind: .counterMap, key: [.ipv4Address, .inetService], isInterval: true,
      elements: .tuples([
        Element([.range(0, 255), .value(25)], counter: "c1")
      ]), origin: here),
    NamedSet(
      name: "cat", kind: .verdictMap, key: [.nfProto, .inetProto, .ipv4Address, .inetService],
      isInterval: true,
      elements: .tuples([
        Element(
          [
            .value(2), .value(6),
            .range(
              UInt128(address(192, 0, 2, 0)), UInt128(address(192, 0, 2, 15))), .value(22),
          ], .accept),
        Element(
          [.value(2), .value(17), .value(address(192, 0, 2, 1)), .range(1, 9)], .jump("c2")),
      ]), comment: "map c", origin: here),
    NamedSet(
      name: "ifm", kind: .verdictMap, key: [.interfaceName, .interfaceName],
      elements: .tuples([
        Element([.interface("eth0"), .interface("lo")], .goto("c2")),
        Element([.interface("lo"), .interface("eth0")], .return),
      ]), origin: here),
    NamedSet(
      name: "ifp", kind: .verdictMap, key: [.interfaceName, .mark, .uid], isInterval: true, size: 5,
      elements: .tuples([
        Element([.interface("eth0"), .value(1), .range(5, 9)], .accept),
        Element([.interface("lo"), .range(2, 3), .value(9)], .drop),
      ]), origin: here),
    NamedSet(
      name: "ifu", kind: .verdictMap, key: [.interfaceName, .inetService, .uid],
      elements: .tuples([Element([.interface("eth0"), .value(22), .value(1000)], .drop)]),
      origin: here),
    NamedSet(
      name: "pti", kind: .verdictMap, key: [.packetType, .ctState, .icmpType, .interfaceName],
      isInterval: true,
      elements: .tuples([
        Element([.value(1), .value(8), .value(3), .interface("eth0")], .accept)
      ]), origin: here),
    NamedSet(
      name: "pm", kind: .verdictMap, key: [.inetService], isInterval: true,
      elements: .tuples([
        Element([.value(22)], .accept), Element([.range(80, 90)], .jump("c2")),
        Element([.value(91)], .drop), Element([.range(65000, 65535)], .accept),
      ]), origin: here),
  ]

  static let matches: [Rule] = [
    rule(ipv4, accept),
    rule(tcp, accept),
    rule(.compare(.l4Proto, .notEqual, 6), accept),
    rule(
      .compareInterface(.inputInterface, isNegated: false, name: "eth0", isWildcard: false), accept),
    rule(
      .compareInterface(.inputInterface, isNegated: true, name: "bng", isWildcard: true), accept),
    rule(
      .compareInterface(.outputInterface, isNegated: false, name: "b", isWildcard: true), accept),
    rule(.compare(.socketUser, .equal, 89), .verdict(.return), comment: "rule comment"),
    rule(.compare(.socketUser, .less, 89), .verdict(.return)),
    rule(.compare(.time, .less, 1_814_313_600), .verdict(.return)),
    rule(.compare(.time, .greaterOrEqual, 1_814_313_600), .verdict(.return)),
    rule(.compare(.packetType, .equal, 0), accept),
    rule(ipv4, prefix(.ipv4Source, 192, 0, 2, 0, 28), accept),
    rule(ipv4, prefix(.ipv4Source, 192, 0, 2, 0, 24), accept),
    rule(ipv4, prefix(.ipv4Destination, 192, 0, 0, 0, 16, isNegated: true), accept),
    rule(ipv4, prefix(.ipv4Destination, 192, 0, 2, 1, 32), accept),
    rule(ipv4, prefix(.ipv4Source, 0, 0, 0, 0, 0), accept),
    rule(
      ipv4, prefix(.ipv4Source, 192, 0, 2, 1, 32), prefix(.ipv4Destination, 192, 0, 2, 2, 32),
      accept),
    rule(ipv6, prefix6(.ipv6Source, UInt128(0xfe80) << 112, 10), accept),
    rule(ipv6, prefix6(.ipv6Destination, UInt128(0x2001_0db8) << 96, 32), accept),
    rule(ipv6, prefix6(.ipv6Destination, UInt128(0x2001_0db8) << 96 | 1, 128), accept),
    rule(ipv6, .compare(.ipv6HopLimit, .equal, 255), accept),
    rule(ipv6, .compare(.ipv6HopLimit, .greaterOrEqual, 255), accept),
    rule(tcp, .compare(.tcpDestinationPort, .equal, 25), accept),
    rule(tcp, .compare(.tcpDestinationPort, .less, 25), accept),
    rule(
      .compareAny(.l4Proto, isNegated: false, [6, 17]),
      .compare(.transportDestinationPort, .equal, 25), accept),
    rule(
      udp, .compare(.udpSourcePort, .equal, 68), .compare(.udpDestinationPort, .equal, 67), accept),
    rule(
      udp, .compare(.udpDestinationPort, .equal, 67), .compare(.udpSourcePort, .equal, 68), accept),
    rule(
      udp, .compare(.udpSourcePort, .equal, 25), .compare(.udpDestinationPort, .notEqual, 3), accept
    ),
    rule(ipv4, icmp, .compare(.icmpType, .equal, 8), .compare(.icmpCode, .equal, 0), accept),
    rule(
      ipv6, icmpv6, .compare(.icmpv6Type, .equal, 128), .compare(.icmpv6Code, .equal, 0), accept),
    rule(tcp, .compare(.originalDestinationPort, .equal, 53), accept),
    rule(.compareAny(.l4Proto, isNegated: false, [1, 58]), accept),
    rule(.compareAny(.nfProto, isNegated: false, [2, 10]), accept),
    rule(.compareAny(.packetType, isNegated: false, [1, 2]), accept),
    rule(.compareAny(.socketUser, isNegated: false, [1, 2]), accept),
    rule(.compareAny(.time, isNegated: false, [1000, 2000]), accept),
    rule(ipv6, .compareAny(.ipv6HopLimit, isNegated: false, [1, 255]), accept),
    rule(tcp, .compareAny(.tcpDestinationPort, isNegated: true, [22, 25]), accept),
    rule(udp, .compareAny(.udpSourcePort, isNegated: false, [22, 25]), accept),
    rule(udp, .compareAny(.udpDestinationPort, isNegated: false, [22, 25]), accept),
    rule(
      .compareAny(.l4Proto, isNegated: false, [6, 17]),
      .compareAny(.transportDestinationPort, isNegated: false, [22, 25]), accept),
    rule(ipv4, icmp, .compareAny(.icmpType, isNegated: false, [3, 11]), accept),
    rule(ipv4, icmp, .compareAny(.icmpCode, isNegated: false, [1, 2]), accept),
    rule(ipv6, icmpv6, .compareAny(.icmpv6Type, isNegated: false, [1, 2]), accept),
    rule(ipv6, icmpv6, .compareAny(.icmpv6Code, isNegated: false, [1, 2]), accept),
    rule(tcp, .compareAny(.originalDestinationPort, isNegated: false, [22, 25]), accept),
  ]

  static let effects: [Rule] = [
    rule(.ctState([.established, .related]), accept),
    rule(.ctState([.invalid]), .verdict(.drop)),
    rule(
      .ctStateMap([
        ConntrackStateVerdict(.established, .accept), ConntrackStateVerdict(.related, .jump("c3")),
      ])),
    rule(ipv4, .lookup(Key(.ipv4Source), isNegated: false, set: "s4"), accept),
    rule(ipv4, .lookup(Key(.ipv4Source), isNegated: true, set: "s4"), accept),
    rule(
      ipv4,
      .lookup(Key([.init(.ipv4Source, prefixLength: 28)]), isNegated: false, set: "s4h"), accept),
    rule(
      ipv6, .lookup(Key([.init(.ipv6Source, prefixLength: 64)]), isNegated: false, set: "s6"),
      accept),
    rule(.lookup(Key(.inputInterface), isNegated: false, set: "ifs"), accept),
    rule(.lookup(Key(.socketUser), isNegated: false, set: "u"), accept),
    rule(.lookup(Key(.nfProto), isNegated: false, set: "np"), accept),
    rule(
      ipv4,
      .verdictMap(
        Key(.nfProto, .l4Proto, .ipv4Source, .transportDestinationPort), map: "cat")),
    rule(.verdictMap(Key(.inputInterface, .outputInterface), map: "ifm")),
    rule(.verdictMap(Key(.inputInterface, .transportDestinationPort, .socketUser), map: "ifu")),
    rule(tcp, .verdictMap(Key(.tcpDestinationPort), map: "pm")),
    rule(.reversePath(isMissing: true), .verdict(.drop)),
    rule(.reversePath(isMissing: false), accept),
    rule(.counter("c1")),
    rule(.limit(RateLimit(rate: 10, unitSeconds: 1, burst: 20))),
    rule(.limit(RateLimit(rate: 10, unitSeconds: 86400, burst: 5, isOver: true))),
    rule(.limit(RateLimit(rate: 10, unitSeconds: 3600, burst: 7))),
    rule(.log(prefix: "hello: ", group: nil)),
    rule(.log(prefix: "hello: ", group: 3)),
    rule(
      ipv4,
      .dynamicSet(
        .update, Key(.ipv4Source), set: "dyn",
        .limit(RateLimit(rate: 10, unitSeconds: 60, burst: 5, isOver: true))), .counter("c1"),
      .verdict(.drop)),
    rule(
      ipv6, tcp,
      .dynamicSet(
        .add, Key([.init(.ipv6Source, prefixLength: 64), .init(.tcpDestinationPort)]), set: "dync",
        .connectionCount(4)), accept),
    rule(
      ipv6,
      .dynamicSet(
        .update, Key([.init(.ipv6Source, prefixLength: 64)]), set: "rec", .counter)),
    rule(ipv4, .lookup(Key(.ipv4Source), isNegated: false, set: "run4"), .verdict(.drop)),
    rule(ipv6, .lookup(Key(.ipv6Destination), isNegated: true, set: "run6"), accept),
    rule(ipv4, .counterMap(Key(.ipv4Source), map: "cm4")),
    rule(ipv6, .counterMap(Key(.ipv6Source), map: "cm6"), .verdict(.drop)),
    rule(ipv4, .counterMap(Key([.init(.ipv4Destination, prefixLength: 24)]), map: "cmh")),
    rule(ipv4, tcp, .counterMap(Key(.ipv4Source, .tcpDestinationPort), map: "cmc")),
    rule(tcp, .setHelper("h1")),
    rule(tcp, .reject(.tcpReset)),
    rule(.reject(.adminProhibited)),
    rule(.verdict(.goto("c3"))),
  ]

  static func prefix(
    _ field: Field, _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ length: Int,
    isNegated: Bool = false
  ) -> Statement {
    .comparePrefix(
      field, isNegated: isNegated, .ipv4(IPv4Address(bits: address(a, b, c, d)), length: length))
  }

  static func prefix6(_ field: Field, _ bits: UInt128, _ length: Int) -> Statement {
    .comparePrefix(field, isNegated: false, .ipv6(IPv6Address(bits: bits), length: length))
  }

  static let text = """
    table inet t
    delete table inet t
    table inet t {
      comment "fwpolicy mx1 v1 sha256:0000"
      counter c1 { comment "c one"
      }
      counter c-2 {
      }
      ct helper h1 { type "ftp" protocol tcp; l3proto inet; comment "helper"
      }
      set s4 { type ipv4_addr; flags interval; comment "s four"
        elements = { 192.0.2.0/28, 198.51.100.7, 203.0.113.0-203.0.113.9, 255.255.255.0/24 }
      }
      set s4h { type ipv4_addr; size 10; elements = { 192.0.2.1, 192.0.2.3 }
      }
      set s6 { type ipv6_addr; flags interval; elements = { 2001:db8:10::/64 }
      }
      set all4 { type ipv4_addr; flags interval; elements = { 0.0.0.0/0 }
      }
      set ifs { type ifname; elements = { "eth0", "lo" }
      }
      set mk { type mark; elements = { 1, 2 }
      }
      set u { type uid; flags interval; elements = { 1000-1005, 0xffffffff }
      }
      set np { type nf_proto; flags interval; elements = { 2 }
      }
      set i6t { type icmpv6_type; elements = { 128 }
      }
      set dyn { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 10m;
      }
      set dync { type ipv6_addr . inet_service; size 100; flags dynamic;
      }
      set rec { type ipv6_addr; size 65536; flags dynamic,timeout; timeout 1d;
      }
      set run4 { type ipv4_addr; size 65536; flags interval,timeout; timeout 7d;
        comment "network quarantine"
      }
      set run6 { type ipv6_addr; size 65536; flags interval,timeout;
      }
      map cm4 { type ipv4_addr : counter; size 10; flags interval; comment "rows"
        elements = { 192.0.2.0/28 : "c1", 192.0.2.16/28 : "c-2", 198.51.100.7 : "c1",
          203.0.113.0-255.255.255.255 : "c-2" }
      }
      map cm6 { type ipv6_addr : counter; flags interval
        elements = { ::-2001:db8:10:: : "c1" }
      }
      map cmh { type ipv4_addr : counter; elements = { 0.0.0.1 : "c1", 0.0.0.2 : "c-2" }
      }
      map cmc { type ipv4_addr . inet_service : counter; flags interval
        elements = { 0.0.0.0/24 . 25 : "c1" }
      }
      map cat { type nf_proto . inet_proto . ipv4_addr . inet_service : verdict; flags interval
        comment "map c"
        elements = { ipv4 . tcp . 192.0.2.0/28 . 22 : accept,
          ipv4 . udp . 192.0.2.1 . 1-9 : jump c2 }
      }
      map ifm { type ifname . ifname : verdict
        elements = { "eth0" . "lo" : goto c2, "lo" . "eth0" : return }
      }
      map ifp { type ifname . mark . uid : verdict; flags interval; size 5
        elements = { "eth0" . 1 . 5-9 : accept, "lo" . 2-3 . 9 : drop }
      }
      map ifu { type ifname . inet_service . uid : verdict; elements = { "eth0" . 22 . 1000 : drop }
      }
      map pti { type pkt_type . ct_state . icmp_type . ifname : verdict; flags interval
        elements = { 1 . new . 3 . "eth0" : accept }
      }
      map pm { type inet_service : verdict; flags interval
        elements = { 22 : accept, 80-90 : jump c2, 91 : drop, 65000-65535 : accept }
      }
      chain c1 {
        type filter hook input priority -10; policy drop;
        comment "chain one"
        meta nfproto ipv4 accept
        meta l4proto 6 accept
        meta l4proto != 6 accept
        iifname "eth0" accept
        iifname != "bng*" accept
        oifname "b*" accept
        meta skuid 89 return comment "rule comment"
        meta skuid < 89 return
        meta time < 1814313600 return
        meta time >= 1814313600 return
        meta pkttype 0 accept
        meta nfproto ipv4 ip saddr 192.0.2.0/28 accept
        meta nfproto ipv4 ip saddr 192.0.2.0/24 accept
        meta nfproto ipv4 ip daddr != 192.0.0.0/16 accept
        meta nfproto ipv4 ip daddr 192.0.2.1 accept
        meta nfproto ipv4 ip saddr 0.0.0.0/0 accept
        meta nfproto ipv4 ip saddr 192.0.2.1 ip daddr 192.0.2.2 accept
        meta nfproto ipv6 ip6 saddr fe80::/10 accept
        meta nfproto ipv6 ip6 daddr 2001:db8::/32 accept
        meta nfproto ipv6 ip6 daddr 2001:db8::1 accept
        meta nfproto ipv6 ip6 hoplimit 255 accept
        meta nfproto ipv6 ip6 hoplimit >= 255 accept
        meta l4proto tcp tcp dport 25 accept
        meta l4proto tcp tcp dport < 25 accept
        meta l4proto { 6, 17 } th dport 25 accept
        meta l4proto udp udp sport 68 udp dport 67 accept
        meta l4proto udp udp dport 67 udp sport 68 accept
        meta l4proto udp udp sport 25 udp dport != 3 accept
        meta nfproto ipv4 meta l4proto icmp icmp type 8 icmp code 0 accept
        meta nfproto ipv6 meta l4proto ipv6-icmp icmpv6 type 128 icmpv6 code 0 accept
        meta l4proto tcp ct original proto-dst 53 accept
        meta l4proto { 1, 58 } accept
        meta nfproto { 2, 10 } accept
        meta pkttype { 1, 2 } accept
        meta skuid { 1, 2 } accept
        meta time { 1000, 2000 } accept
        meta nfproto ipv6 ip6 hoplimit { 1, 255 } accept
        meta l4proto tcp tcp dport != { 22, 25 } accept
        meta l4proto udp udp sport { 22, 25 } accept
        meta l4proto udp udp dport { 22, 25 } accept
        meta l4proto { 6, 17 } th dport { 22, 25 } accept
        meta nfproto ipv4 meta l4proto icmp icmp type { 3, 11 } accept
        meta nfproto ipv4 meta l4proto icmp icmp code { 1, 2 } accept
        meta nfproto ipv6 meta l4proto ipv6-icmp icmpv6 type { 1, 2 } accept
        meta nfproto ipv6 meta l4proto ipv6-icmp icmpv6 code { 1, 2 } accept
        meta l4proto tcp ct original proto-dst { 22, 25 } accept
      }
      chain c2 {
        ct state established,related accept
        ct state invalid drop
        ct state vmap { established : accept, related : jump c3 }
        meta nfproto ipv4 ip saddr @s4 accept
        meta nfproto ipv4 ip saddr != @s4 accept
        meta nfproto ipv4 ip saddr & 255.255.255.240 @s4h accept
        meta nfproto ipv6 ip6 saddr & ffff:ffff:ffff:ffff:: @s6 accept
        iifname @ifs accept
        meta skuid @u accept
        meta nfproto @np accept
        meta nfproto ipv4 meta nfproto . meta l4proto . ip saddr . th dport vmap @cat
        iifname . oifname vmap @ifm
        iifname . th dport . meta skuid vmap @ifu
        meta l4proto tcp tcp dport vmap @pm
        fib saddr . iif oif missing drop
        fib saddr . iif oif exists accept
        counter name "c1"
        limit rate 10/second burst 20 packets
        limit rate over 10/day burst 5 packets
        limit rate 10/hour burst 7 packets
        log prefix "hello: "
        log prefix "hello: " group 3
        meta nfproto ipv4 update @dyn { ip saddr limit rate over 10/minute burst 5 packets } \
    counter name "c1" drop
        meta nfproto ipv6 meta l4proto tcp add @dync { ip6 saddr & ffff:ffff:ffff:ffff:: . \
    tcp dport ct count 4 } accept
        meta nfproto ipv6 update @rec { ip6 saddr & ffff:ffff:ffff:ffff:: counter }
        meta nfproto ipv4 ip saddr @run4 drop
        meta nfproto ipv6 ip6 daddr != @run6 accept
        meta nfproto ipv4 counter name ip saddr map @cm4
        meta nfproto ipv6 counter name ip6 saddr map @cm6 drop
        meta nfproto ipv4 counter name ip daddr & 255.255.255.0 map @cmh
        meta nfproto ipv4 meta l4proto tcp counter name ip saddr . tcp dport map @cmc
        meta l4proto tcp ct helper set "h1"
        meta l4proto tcp reject with tcp reset
        reject with icmpx admin-prohibited
        goto c3
      }
      chain c3 {
        drop
      }
    }

    """
}
