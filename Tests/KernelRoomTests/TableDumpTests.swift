import NetworkTypes
import Nftables
import TestSupport
import Testing

@testable import Kernel

/// A table that was loaded is read back as it was.
@Suite struct TableDumpTests {
  @Test func everyShapeIsReadBackAfterNetlink() throws {
    let namespace = try NetworkNamespace()
    let read = try namespace.enter { () throws -> KernelTable? in
      let transport = try NetlinkSocket()
      _ = try KernelTransaction().replace(table: EveryShape.table, transport: transport)
      return try Dump.table(named: "t", transport)
    }
    try Self.expectEqual(try #require(read).table, EveryShape.table)
  }

  @Test func everyShapeIsReadBackAfterText() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: EveryShape.text)
    let read = try namespace.enter { try Dump.table(named: "t", NetlinkSocket()) }
    try Self.expectEqual(try #require(read).table, EveryShape.table)
  }

  @Test func aTableThatIsNotThereIsNone() throws {
    let namespace = try NetworkNamespace()
    #expect(try namespace.enter { try Dump.table(named: "t", NetlinkSocket()) }?.table == nil)
  }

  @Test func otherTablesAreLeftOut() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: EveryShape.text)
    try namespace.run(
      ["nft", "-f", "-"],
      input: """
        table inet u { set s4 { type ipv4_addr; elements = { 192.0.2.1 }
          }
          chain c1 { ip ttl 7 accept
          }
        }
        table ip t { chain c9 { ip ttl 7 accept
          }
        }
        """)
    let read = try namespace.enter { try Dump.table(named: "t", NetlinkSocket()) }
    try Self.expectEqual(try #require(read).table, EveryShape.table)
  }

  @Test func everyRuleSaysWhereItStands() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: EveryShape.text)
    let read = try #require(try namespace.enter { try Dump.table(named: "t", NetlinkSocket()) })
    let rule = try #require(
      read.table.chains.first { $0.name == "c1" }?.rules.first { $0.comment != nil })
    let place = try #require(read.place(of: rule.origin))
    #expect("\(place)".contains(/^chain c1 rule 7 \(handle \d+, rule comment\)$/))
    let handle = try #require("\(place)".firstMatch(of: /handle (\d+)/)?.1)
    #expect(
      try namespace.run(["nft", "-a", "list", "chain", "inet", "t", "c1"])
        .contains("meta skuid 89 return comment \"rule comment\" # handle \(handle)"))
    #expect(read.place(of: read.table.chains[0].origin)?.description == "chain c1")
    #expect(read.place(of: read.table.sets[0].origin)?.description == "set s4")
    #expect(read.place(of: read.table.objects[0].origin)?.description == "object c1")
    #expect(read.place(of: read.table.origin)?.description == "table t")
  }

  @Test func whatWasChangedByHandIsADifference() throws {
    for change in [
      "delete element inet t s4 { 198.51.100.7 }", "add element inet t s4 { 192.0.2.99 }",
      "delete element inet t ifm { lo . eth0 }", "add element inet t pm { 1 : drop }",
      "add rule inet t c3 accept", "flush chain inet t c3", "add chain inet t c4",
      "chain inet t c1 { policy accept; }", "add set inet t s9 { type mark; }",
      "add counter inet t c9", "add element inet t cm4 { 10.0.0.0/8 : \"c1\" }",
      "delete element inet t cm4 { 198.51.100.7 }",
    ] {
      let namespace = try NetworkNamespace()
      try namespace.run(["nft", "-f", "-"], input: EveryShape.text)
      try namespace.run(["nft", "-f", "-"], input: change + "\n")
      let read = try #require(try namespace.enter { try Dump.table(named: "t", NetlinkSocket()) })
      #expect(
        read.table.keptByTheKernel != EveryShape.table.keptByTheKernel, "\(change)")
    }
  }

  /// The content of sets that are filled while they are in force is nobody's policy.
  @Test func whatIsPutIntoSetsAtRunTimeIsNoDifference() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: EveryShape.text)
    for change in [
      "add element inet t run4 { 192.0.2.0/24, 198.51.100.7 timeout 1h comment \"ticket\" }",
      "add element inet t run6 { 2001:db8::/32 }", "add element inet t rec { 2001:db8:: }",
    ] {
      try namespace.run(["nft", "-f", "-"], input: change + "\n")
    }
    let read = try #require(try namespace.enter { try Dump.table(named: "t", NetlinkSocket()) })
    try Self.expectEqual(read.table, EveryShape.table)
  }

  /// What a rule may be that fwpolicy never writes.
  @Test(
    arguments: [
      ("ip ttl 7 accept", "expression 4, `cmp`,"),
      ("counter accept", "expression 1, `counter`, is of a kind that is not known"),
      ("meta mark set 1", "expression 1, `immediate`, loads a value of its own"),
      ("tcp sport 25 accept", "expression 4, `cmp`, reads 2 bytes at offset 0 of the transport"),
      ("meta mark 7 accept", "expression 1, `meta`, reads `meta` key 3"),
      ("ct mark 7 accept", "expression 1, `ct`, reads `ct` key 3"),
      ("ct state != new accept", "expression 2, `cmp`, compares"),
      ("meta skuid <= 7 accept", "`cmp`, compares in a way that is not known"),
      ("limit rate 9 kbytes/second accept", "expression 1, `limit`, limits in a way"),
      ("log level debug", "expression 1, `log`, logs with options"),
      ("reject", "expression 1, `reject`, rejects in a way"),
      ("notrack", "expression 1, `notrack`, is of a kind"),
      ("fib daddr type local accept", "expression 1, `fib`, asks for a route"),
      ("tcp flags syn accept", "`bitwise`, computes in a way that is not known"),
      ("ip saddr & 0.0.0.255 == 0.0.0.1 accept", "compares an address with what is no prefix"),
      ("tcp option maxseg size 7 accept", "`exthdr`, is of a kind"),
      ("meta mark set ct mark", "reads `ct` key 3"),
      ("ip saddr . tcp sport { 192.0.2.1 . 1 } accept", "reads 2 bytes at offset 0"),
      ("counter name ip saddr map { 192.0.2.1 : \"c\" }", "looks up an object in what is no map"),
      ("iifname { eth0, \"bng*\" } accept", "has intervals of interface names"),
    ])
  func whatIsNotKnownIsNeverGuessed(_ rule: String, _ words: String) throws {
    let namespace = try NetworkNamespace()
    try namespace.run(
      ["nft", "-f", "-"],
      input: """
        table inet t {
          counter c { }
          chain other { }
          chain c {
            type filter hook input priority 0
            accept
            \(rule)
          }
        }
        """)
    let error = #expect(throws: TableReadError.self) {
      try namespace.enter { _ = try Dump.table(named: "t", NetlinkSocket()) }
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains(words), "\(text)")
    #expect(text.hasPrefix("chain c rule 2 (handle ") || text.hasPrefix("set __set"), "\(text)")
  }

  @Test(
    arguments: [
      ("flags dormant;", "table t is dormant"),
      ("chain c { type nat hook output priority 0; }", "chain c is of a type"),
      ("chain c { type filter hook postrouting priority 0; }", "chain c is at a hook"),
      ("set s { type ether_addr; }", "set s has a key of type 9"),
      ("set s { type ipv4_addr; flags constant; elements = { 192.0.2.1 } }", "set s has flags 0x2"),
      ("map m { type ipv4_addr : mark; }", "set m maps to values"),
      (
        "map m { type ipv4_addr : verdict; flags timeout; elements = { 192.0.2.1 timeout 9s : drop } }",
        "set m has an element that expires"
      ),
      ("map m { type ipv4_addr : quota; }", "set m maps to objects that are no counters"),
      ("set s { type ipv4_addr; flags timeout; timeout 1500ms; }", "set s has a timeout"),
      ("quota q { 9 mbytes }", "object q is of type 2"),
    ])
  func otherDeclarationsAreRefused(_ text: String, _ words: String) throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: "table inet t { \(text)\n }")
    let error = #expect(throws: TableReadError.self) {
      try namespace.enter { _ = try Dump.table(named: "t", NetlinkSocket()) }
    }
    #expect(error.map { "\($0)" }?.hasPrefix(words) == true, "\(error as Any)")
  }

  /// Anonymous sets of ranges, prefixes or concatenations are sets of the names that the kernel gives.
  @Test func otherAnonymousSetsKeepTheirElements() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(
      ["nft", "-f", "-"],
      input: """
        table inet t { chain c {
          meta l4proto tcp tcp dport { 22, 80-90 } accept
          meta nfproto ipv4 ip saddr { 192.0.2.0/24, 198.51.100.7 } accept
          meta l4proto tcp tcp dport vmap { 22 : accept, 25 : drop }
          meta nfproto ipv4 meta l4proto . ip saddr { 6 . 192.0.2.1 } accept
          }
        }
        """)
    let read = try #require(try namespace.enter { try Dump.table(named: "t", NetlinkSocket()) })
    let elements = read.table.sets.map(\.elements)
    #expect(
      elements == [
        .tuples([Element([.value(22)], .accept), Element([.value(25)], .drop)]),
        .tuples([Element([.value(22)]), Element([.range(80, 90)])]),
        .ipv4(IntervalSet([.init(0xC000_0200, 0xC000_02FF), .init(0xC633_6407, 0xC633_6407)])),
        .tuples([Element([.value(6), .value(0xC000_0201)])]),
      ])
    #expect(
      read.table.chains[0].rules.map(\.statements)[0] == [
        .compare(.l4Proto, .equal, 6),
        .lookup(Key(.tcpDestinationPort), isNegated: false, set: read.table.sets[1].name),
        .verdict(.accept),
      ])
  }

  @Test func aHundredThousandPrefixesAreReadBack() throws {
    let intervals = IntervalSet<UInt32>(
      (0..<100_000).map { .init(0x0A00_0000 + UInt32($0) * 4, 0x0A00_0001 + UInt32($0) * 4) })
    let table = Table(
      name: "t",
      sets: [
        NamedSet(
          name: "big", kind: .set, key: [.ipv4Address], isInterval: true,
          elements: .ipv4(intervals), origin: EveryShape.here)
      ], origin: EveryShape.here)
    let namespace = try NetworkNamespace()
    let read = try namespace.enter { () throws -> KernelTable? in
      let transport = try NetlinkSocket()
      _ = try KernelTransaction().replace(table: table, transport: transport)
      return try Dump.table(named: "t", transport)
    }
    #expect(read?.table.sets.first?.elements == .ipv4(intervals))
  }

  static func expectEqual(_ read: Table, _ written: Table) throws {
    let (read, written) = (read.keptByTheKernel, written.keptByTheKernel)
    #expect(read.objects == written.objects)
    #expect(read.sets.map(\.name) == written.sets.map(\.name))
    for (one, other) in zip(read.sets, written.sets) { #expect(one == other) }
    #expect(read.chains.map(\.name) == written.chains.map(\.name))
    for (one, other) in zip(read.chains, written.chains) {
      #expect(one.rules.count == other.rules.count)
      for (rule, its) in zip(one.rules, other.rules) { #expect(rule == its) }
    }
    #expect(read == written)
  }
}
