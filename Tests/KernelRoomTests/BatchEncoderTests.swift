import NetworkTypes
import Nftables
import Testing

@testable import Kernel

/// Bytes of the messages that nft 1.0.6 sends for the same, in libnftnl's order of a message's own
/// attributes, and the shape of a batch.
@Suite struct BatchEncoderTests {
  static let here = Origin(index: 0)

  /// Type, flags and all after `struct nfgenmsg`, of every message.
  static func messages(_ table: Table, dryRun: Bool = false, generation: UInt32? = nil) throws
    -> [(type: UInt16, flags: UInt16, sequence: UInt32, attributes: String)]
  {
    let batch = try BatchEncoder(
      replacing: table, expectedGeneration: generation, dryRun: dryRun)
    return try NetlinkReply.parse(batch.bytes).map {
      ($0.type, $0.flags, $0.sequence, hex($0.payload.dropFirst(4)))
    }
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  static func table(sets: [NamedSet] = [], rules: [Rule] = []) -> Table {
    Table(
      name: "t", sets: sets,
      chains: rules.isEmpty ? [] : [Chain(name: "c", rules: rules, origin: here)], origin: here)
  }

  /// The expressions of a rule, NFTA_RULE_EXPRESSIONS without its header.
  static func expressions(_ statement: Statement) throws -> String {
    let set = NamedSet(
      name: "s", kind: .set, key: [.ipv4Address], isDynamic: true, size: 9, elements: .none,
      origin: here)
    let rule = Rule([statement], origin: here)
    let message = try messages(table(sets: [set], rules: [rule]), dryRun: true)
      .last { $0.type == 0x0a06 }
    // NFTA_RULE_TABLE "t" and NFTA_RULE_CHAIN "c" are 16 bytes, the list's header 4.
    return String(message?.attributes.dropFirst(40) ?? "")
  }

  @Test func aBatchReplacesTheTableAndEndsWithAnAcknowledgement() throws {
    let messages = try Self.messages(Self.table())
    // add table inet t; delete table inet t; add table inet t
    #expect(messages.map(\.type) == [0x10, 0x0a00, 0x0a02, 0x0a00, 0x11])
    #expect(messages.map(\.flags) == [1, 1, 1, 5, 1])
    #expect(messages.map(\.sequence) == [0, 1, 2, 3, 4])
    #expect(messages[1].attributes == "060001007400000008000200" + "00000000")
  }

  @Test func aDryRunHasNoEnd() throws {
    let messages = try Self.messages(Self.table(), dryRun: true)
    #expect(messages.map(\.type) == [0x10, 0x0a00, 0x0a02, 0x0a00])
    #expect(messages.last?.flags == 5)
  }

  @Test func anExpectedGenerationStandsAtTheBeginning() throws {
    let messages = try Self.messages(Self.table(), generation: 0x0102_0304)
    #expect(messages[0].attributes == "0800010001020304")
  }

  /// One statement each, as `nft add rule inet t c …` sends it.
  @Test(arguments: [
    // meta nfproto ipv4
    (
      Statement.compare(.nfProto, .equal, 2),
      "24000180" + "090001006d65746100000000" + "14000280" + "080002000000000f" + "0800010000000001"
        + "2c000180" + "08000100636d7000" + "20000280" + "0800010000000001" + "0800020000000000"
        + "0c000380" + "0500010002000000"
    ),
    // counter name "x"
    (
      .counter("x"),
      "24000180" + "0b0001006f626a7265660000" + "14000280" + "0800010000000001" + "0500020078000000"
    ),
    // limit rate 10/second burst 20 packets
    (
      .limit(RateLimit(rate: 10, unitSeconds: 1, burst: 20)),
      "44000180" + "0a0001006c696d6974000000" + "34000280" + "0c000100000000000000000a"
        + "0c0002000000000000000001" + "0800030000000014" + "0800040000000000" + "0800050000000000"
    ),
    // log prefix "x" group 3
    (
      .log(prefix: "x", group: 3),
      "20000180" + "080001006c6f6700" + "14000280" + "0600020078000000" + "0600010000030000"
    ),
    // reject with icmpx admin-prohibited
    (
      .reject(.adminProhibited),
      "24000180" + "0b00010072656a6563740000" + "14000280" + "0800010000000002" + "0500020003000000"
    ),
    // reject with tcp reset
    (
      .reject(.tcpReset),
      "24000180" + "0b00010072656a6563740000" + "14000280" + "0800010000000001" + "0500020000000000"
    ),
    // jump x
    (
      .verdict(.jump("x")),
      "38000180" + "0e000100696d6d656469617465000000" + "24000280" + "0800010000000000" + "18000280"
        + "14000280" + "08000100fffffffd" + "0600020078000000"
    ),
    // ct helper set "x"
    (
      .setHelper("x"),
      "24000180" + "0b0001006f626a7265660000" + "14000280" + "0800010000000003" + "0500020078000000"
    ),
    // ct state established,related
    (
      .ctState([.established, .related]),
      "20000180" + "0700010063740000" + "14000280" + "0800020000000000" + "0800010000000001"
        + "44000180" + "0c0001006269747769736500" + "34000280" + "0800010000000001"
        + "0800020000000001" + "0800030000000004" + "0c000480" + "0800010006000000" + "0c000580"
        + "0800010000000000" + "2c000180" + "08000100636d7000" + "20000280" + "0800010000000001"
        + "0800020000000001" + "0c000380" + "0800010000000000"
    ),
    // fib saddr . iif oif missing
    (
      .reversePath(isMissing: true),
      "28000180" + "0800010066696200" + "1c000280" + "0800030000000029" + "0800020000000001"
        + "0800010000000001" + "2c000180" + "08000100636d7000" + "20000280" + "0800010000000001"
        + "0800020000000000" + "0c000380" + "0800010000000000"
    ),
    // iifname "b*"
    (
      .compareInterface(.inputInterface, isNegated: false, name: "b", isWildcard: true),
      "24000180" + "090001006d65746100000000" + "14000280" + "0800020000000006" + "0800010000000001"
        + "2c000180" + "08000100636d7000" + "20000280" + "0800010000000001" + "0800020000000000"
        + "0c000380" + "0500010062000000"
    ),
    // ip saddr 192.0.2.0/24, after its dependency
    (
      EveryShape.prefix(.ipv4Source, 192, 0, 2, 0, 24),
      "34000180" + "0c0001007061796c6f616400" + "24000280" + "0800010000000001" + "0800020000000001"
        + "080003000000000c" + "0800040000000003" + "2c000180" + "08000100636d7000" + "20000280"
        + "0800010000000001" + "0800020000000000" + "0c000380" + "07000100c0000200"
    ),
    // ip saddr @s, after its dependency
    (
      .lookup(Key(.ipv4Source), isNegated: false, set: "s"),
      "34000180" + "0c0001007061796c6f616400" + "24000280" + "0800010000000001" + "0800020000000001"
        + "080003000000000c" + "0800040000000004" + "2c000180" + "0b0001006c6f6f6b75700000"
        + "1c000280" + "0800020000000001" + "0600010073000000" + "0800040000000001"
    ),
    // add @s { ip saddr ct count 4 }, after its dependency
    (
      .dynamicSet(.add, Key(.ipv4Source), set: "s", .connectionCount(4)),
      "34000180" + "0c0001007061796c6f616400" + "24000280" + "0800010000000001" + "0800020000000001"
        + "080003000000000c" + "0800040000000004" + "5c000180" + "0b00010064796e7365740000"
        + "4c000280" + "0800040000000001" + "0800030000000000" + "0600010073000000"
        + "0800020000000001" + "28000780" + "0e000100636f6e6e6c696d6974000000" + "14000280"
        + "0800010000000004" + "0800020000000000"
    ),
    // update @s { ip saddr counter }, after its dependency
    (
      .dynamicSet(.update, Key(.ipv4Source), set: "s", .counter),
      "34000180" + "0c0001007061796c6f616400" + "24000280" + "0800010000000001" + "0800020000000001"
        + "080003000000000c" + "0800040000000004" + "48000180" + "0b00010064796e7365740000"
        + "38000280" + "0800040000000001" + "0800030000000001" + "0600010073000000"
        + "0800020000000001" + "14000780" + "0c000100636f756e74657200" + "04000280"
    ),
    // counter name ip saddr map @s, after its dependency
    (
      .counterMap(Key(.ipv4Source), map: "s"),
      "34000180" + "0c0001007061796c6f616400" + "24000280" + "0800010000000001" + "0800020000000001"
        + "080003000000000c" + "0800040000000004" + "2c000180" + "0b0001006f626a7265660000"
        + "1c000280" + "0800030000000001" + "0500040073000000" + "0800050000000001"
    ),
  ])
  func aStatementIsTheExpressionsOfNft(statement: Statement, expected: String) throws {
    #expect(try Self.expressions(statement) == expected)
  }

  // add element inet t s { 192.0.2.0/28, 255.255.255.0/24 }
  @Test func intervalsAreTwoElementsButTheLast() throws {
    let set = NamedSet(
      name: "s", kind: .set, key: [.ipv4Address], isInterval: true,
      elements: .ipv4(
        IntervalSet([.init(0xc000_0200, 0xc000_020f), .init(0xffff_ff00, 0xffff_ffff)])),
      origin: Self.here)
    let messages = try Self.messages(Self.table(sets: [set]))
    let elements = messages.first { $0.type == 0x0a0c }?.attributes
    #expect(
      elements == "0600020073000000" + "0800040000000001" + "0600010074000000" + "60000380"
        + "18000180" + "0800030000000001" + "0c000180" + "0800010000000000"  // below the first
        + "10000180" + "0c000180" + "08000100c0000200"
        + "18000180" + "0800030000000001" + "0c000180" + "08000100c0000210"
        + "1c000180" + "0c000180" + "08000100ffffff00" + "0a000600010401000000" + "0000")
  }

  // add element inet t s { 192.0.2.0/28 : "a", 203.0.113.0-255.255.255.255 : "b" }
  @Test func elementsOfCounterMapsNameTheirCounters() throws {
    let set = NamedSet(
      name: "s", kind: .counterMap, key: [.ipv4Address], isInterval: true,
      elements: .tuples([
        Element([.range(0xc000_0200, 0xc000_020f)], counter: "a"),
        Element([.range(0xcb00_7100, 0xffff_ffff)], counter: "b"),
      ]), origin: Self.here)
    let messages = try Self.messages(Self.table(sets: [set]))
    // NFTA_SET_FLAGS: interval and object; NFTA_SET_OBJ_TYPE: counter.
    let declaration = messages.first { $0.type == 0x0a09 }?.attributes
    #expect(declaration?.contains("0800030000000044") == true)
    #expect(declaration?.contains("08000f0000000001") == true)
    let elements = messages.first { $0.type == 0x0a0c }?.attributes
    #expect(
      elements == "0600020073000000" + "0800040000000001" + "0600010074000000" + "70000380"
        + "18000180" + "0800030000000001" + "0c000180" + "0800010000000000"  // below the first
        + "18000180" + "0c000180" + "08000100c0000200" + "0600090061000000"
        + "18000180" + "0800030000000001" + "0c000180" + "08000100c0000210"
        + "24000180" + "0c000180" + "08000100cb007100" + "0a000600010401000000" + "0000"
        + "0600090062000000")
  }

  @Test(arguments: [
    Element([.value(1)]), Element([.value(1)], .accept), Element([.value(1)], counter: ""),
    Element([.value(1)], counter: "a\0b"),
    Element([.value(1)], counter: String(repeating: "n", count: 256)),
  ])
  func refusesElementsThatNameNoCounter(element: Element) {
    let set = NamedSet(
      name: "s", kind: .counterMap, key: [.ipv4Address], isInterval: true,
      elements: .tuples([element]), origin: Self.here)
    #expect(throws: NetlinkError.self) { try Self.messages(Self.table(sets: [set])) }
  }

  @Test func theBulkRoadWritesWhatElementsOneByOneDo() throws {
    let intervals = (0..<5000).map {
      IntervalSet<UInt32>.Interval(0x0a00_0000 + 16 * $0, 0x0a00_0007 + 16 * $0)
    }
    func encode(_ elements: Elements) throws -> String {
      let set = NamedSet(
        name: "s", kind: .set, key: [.ipv4Address], isInterval: true, elements: elements,
        origin: Self.here)
      return try Self.messages(Self.table(sets: [set])).filter { $0.type == 0x0a0c }
        .map { String($0.attributes.dropFirst(56)) }.joined()
    }
    #expect(
      try encode(.ipv4(IntervalSet(canonical: intervals)))
        == encode(
          .tuples(intervals.map { Element([.range(UInt128($0.lower), UInt128($0.upper))]) })))
  }

  @Test func noAttributeOfAMillionPrefixesIsTooLong() throws {
    let set = NamedSet(
      name: "s", kind: .set, key: [.ipv4Address], isInterval: true,
      elements: .ipv4(
        IntervalSet(canonical: (0..<1_000_000).map { .init(2 * $0 + 1, 2 * $0 + 1) })),
      origin: Origin(index: 4))
    let batch = try BatchEncoder(
      replacing: Self.table(sets: [set]), expectedGeneration: nil, dryRun: false)
    #expect(batch.bytes.count > 40_000_000 && batch.bytes.count < 40_200_000)
    let messages = try NetlinkReply.parse(batch.bytes)
    #expect(messages.count == batch.origins.count)
    #expect(messages.enumerated().allSatisfy { Int($0.element.sequence) == $0.offset })
    #expect(messages.allSatisfy { $0.payload.count < 65_535 })
    #expect(batch.origins[100] == Origin(index: 4))
  }

  /// What cannot be said in netlink is refused, with its origin, before anything is sent.
  @Test(arguments: [
    Statement.compare(.l4Proto, .equal, 256),
    .compare(.tcpDestinationPort, .equal, 65536),
    .compare(.inputInterface, .equal, 1),
    .compareInterface(.inputInterface, isNegated: false, name: "", isWildcard: true),
    .compareInterface(
      .inputInterface, isNegated: false, name: "abcdefghijklmnop", isWildcard: false),
    .comparePrefix(
      .ipv6Source, isNegated: false, .ipv4(IPv4Address(bits: 0), length: 8)),
    .comparePrefix(
      .ipv4Source, isNegated: false, .ipv4(IPv4Address(bits: 0), length: 33)),
    .lookup(Key(.ipv4Source), isNegated: false, set: "none"),
    .lookup(Key([.init(.ipv4Source, prefixLength: 33)]), isNegated: false, set: "s"),
    .verdictMap(
      Key(.inputInterface, .outputInterface, .ipv6Source, .ipv6Destination, .ipv4Source), map: "s"),
  ])
  func refusesWhatDoesNotFit(statement: Statement) throws {
    #expect(throws: NetlinkError.self) { try Self.expressions(statement) }
  }

  /// Comments and prefixes go through the same sieve as those of the text.
  @Test func textsAreCutAndCleanedAsInTheTextForm() throws {
    let long = String(repeating: "x", count: 300) + "\""
    let rule = Rule(
      [.log(prefix: long, group: nil)], comment: "say \"hi\"", origin: Self.here)
    var table = Self.table(rules: [rule])
    table.comment = long
    let messages = try Self.messages(table)
    #expect(messages.contains { $0.attributes.contains(Self.hex("say 'hi'".utf8) + "00" + "00") })
    #expect(messages[3].attributes.contains("0081" + String(repeating: "78", count: 128) + "00"))
    #expect(
      messages.contains { $0.attributes.contains(String(repeating: "78", count: 127) + "00") })
  }
}
