import Nftables
import Testing

@testable import Kernel

/// libnftnl looks at no end of a buffer: what is longer than its room must never reach it.
@Suite struct MessageBoundTests {
  static let here = Origin(index: 7)

  static func bytes(_ table: Table) throws -> [UInt8] {
    try BatchEncoder(replacing: table, expectedGeneration: 1, dryRun: false).bytes
  }

  /// A table in which every name, text and key is as long as the kernel takes it, and a rule has
  /// every statement.
  static func longest(name: String) -> Table {
    let text = String(repeating: "c", count: commentLimit)
    let key: [DataType] = [.interfaceName, .interfaceName, .ipv4Address, .ipv6Address, .mark]
    let effects =
      EveryShape.effects.flatMap(\.statements) + EveryShape.matches.flatMap(\.statements)
    var table = Table(
      name: name, comment: text,
      objects: [
        Object(name: name, kind: .counter, comment: text, origin: here),
        Object(
          name: name, kind: .ctHelper(type: String(repeating: "h", count: 15), transport: .udp),
          comment: text, origin: here),
      ],
      sets: EveryShape.sets + [
        NamedSet(
          name: name, kind: .verdictMap, key: key, isInterval: true, timeoutSeconds: 1, size: .max,
          elements: .tuples([
            Element(
              [.interface("a"), .interface("b"), .value(1), .value(1), .value(1)], .jump(name))
          ]), comment: text, origin: here)
      ],
      chains: [
        Chain(
          name: name, base: BaseChain(hook: .output, priority: .min, policy: .accept),
          comment: text, origin: here)
      ], origin: here)
    table.chains[0].rules = [
      Rule(
        effects.filter { if case .ctStateMap = $0 { false } else { true } }
          + [
            .log(prefix: String(repeating: "p", count: 127), group: .max), .counter(name),
            .setHelper(name), .verdict(.goto(name)),
          ], comment: text, origin: here),
      Rule([], origin: here),
    ]
    return table
  }

  @Test func theLongestMessagesHaveRoom() throws {
    let messages = try NetlinkReply.parse(
      Self.bytes(Self.longest(name: String(repeating: "n", count: 255))))
    #expect(messages.contains { $0.type == 0x0a06 && $0.payload.count > 4000 })
    for message in messages { #expect(throws: Never.self) { try message.attributes() } }
  }

  @Test(arguments: [
    (String(repeating: "n", count: 256)), "a\0b", String(repeating: "é", count: 40_000),
  ])
  func aNameThatNetlinkCannotHoldIsRefused(name: String) throws {
    let empty = Table(name: "t", origin: Self.here)
    var tables = [Table](repeating: empty, count: 9)
    tables[0].name = name
    tables[1].chains = [Chain(name: name, origin: Self.here)]
    tables[2].objects = [Object(name: name, kind: .counter, origin: Self.here)]
    tables[3].sets = [
      NamedSet(name: name, kind: .set, key: [.mark], elements: .none, origin: Self.here)
    ]
    tables[4].objects = [
      Object(
        name: "h",
        kind: .ctHelper(type: String(name.prefix(16)) + "0123456789abcdef", transport: .tcp),
        origin: Self.here)
    ]
    let statements: [Statement] = [
      .counter(name), .setHelper(name), .verdict(.jump(name)), .verdict(.goto(name)),
    ]
    for (index, statement) in statements.enumerated() {
      tables[5 + index].chains = [
        Chain(name: "c", rules: [Rule([statement], origin: Self.here)], origin: Self.here)
      ]
    }
    for table in tables {
      let error = #expect(throws: NetlinkError.self) { try Self.bytes(table) }
      #expect(error?.origin == Self.here)
    }
    let transport = RecordingTransport()
    #expect(throws: NetlinkError.self) { try Dump.tableState(named: name, transport) }
    #expect(throws: NetlinkError.self) {
      try TableListing.list(.getObject, .newObject, [1: name], transport)
    }
    #expect(transport.sent.isEmpty)
  }

  @Test func aVerdictOfAMapThatNetlinkCannotHoldIsRefused() throws {
    let map = NamedSet(
      name: "m", kind: .verdictMap, key: [.mark],
      elements: .tuples([Element([.value(1)], .jump(String(repeating: "n", count: 70_000)))]),
      origin: Self.here)
    #expect(throws: NetlinkError.self) {
      try Self.bytes(Table(name: "t", sets: [map], origin: Self.here))
    }
  }

  /// The length of a rule's list of expressions has 16 bits.
  @Test func aRuleOfTooManyExpressionsIsRefused() throws {
    func table(_ count: Int) -> Table {
      let rule = Rule(
        [Statement](repeating: .verdict(.accept), count: count), origin: Origin(index: 9))
      return Table(
        name: "t", chains: [Chain(name: "c", rules: [rule], origin: Self.here)], origin: Self.here)
    }
    // NFT_RULE_MAXEXPRS of the kernel's.
    #expect(throws: Never.self) { try Self.bytes(table(128)) }
    let error = #expect(throws: NetlinkError.self) { try Self.bytes(table(2000)) }
    #expect(error?.origin == Origin(index: 9))
  }
}
