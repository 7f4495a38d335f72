import NetworkTypes
import Nftables
import TestSupport
import Testing

@testable import Kernel

/// Against the real kernel, each test in namespaces of its own.
@Suite struct KernelTransactionTests {
  static func apply(
    _ table: Table, in namespace: NetworkNamespace, expecting generation: UInt32? = nil,
    dryRun: Bool = false
  ) throws -> CommitReceipt {
    try namespace.enter {
      try KernelTransaction().replace(
        table: table, of: generation.map { RulesetReading(ofTable: table.name, generation: $0) },
        dryRun: dryRun, transport: NetlinkSocket())
    }
  }

  static func error(of body: () throws -> Void) throws -> NetlinkError {
    do {
      try body()
    } catch let error as NetlinkError {
      return error
    }
    Issue.record("nothing was thrown")
    return .unconfirmed
  }

  static func table(
    sets: [NamedSet] = [], chains: [Chain] = [], objects: [Object] = [],
    comment: String? = nil
  ) -> Table {
    Table(
      name: "t", comment: comment, objects: objects, sets: sets, chains: chains,
      origin: Origin(index: 1))
  }

  @Test func aTableOfEveryShapeListsAsNftLoadedIt() throws {
    let ours = try NetworkNamespace()
    let theirs = try NetworkNamespace()
    let receipt = try Self.apply(EveryShape.table, in: ours)
    try theirs.run(["nft", "-f", "-"], input: EveryShape.text)
    #expect(
      try ours.run(["nft", "list", "ruleset"]) == theirs.run(["nft", "list", "ruleset"]))
    #expect(
      try ours.run(["nft", "-j", "list", "ruleset"])
        == theirs.run(["nft", "-j", "list", "ruleset"]))
    #expect(try ours.enter { try Dump.generation(NetlinkSocket()) } == receipt.generation)
  }

  @Test func theTextOfATableListsAsItsBatch() throws {
    let ours = try NetworkNamespace()
    let theirs = try NetworkNamespace()
    _ = try Self.apply(EveryShape.table, in: ours)
    let text = String(decoding: emitText(EveryShape.table), as: UTF8.self)
    try theirs.run(["nft", "-f", "-"], input: text)
    #expect(
      try ours.run(["nft", "list", "ruleset"]) == theirs.run(["nft", "list", "ruleset"]))
  }

  @Test func theKernelHoldsTheBytecodeOfNft() throws {
    let ours = try NetworkNamespace()
    let theirs = try NetworkNamespace()
    _ = try Self.apply(EveryShape.table, in: ours)
    try theirs.run(["nft", "-f", "-"], input: EveryShape.text)
    // Elements come in the order of a hash with a seed of its own: only expressions are compared.
    func expressions(of namespace: NetworkNamespace) throws -> [String] {
      try namespace.run(["nft", "--debug=netlink", "list", "ruleset"]).split(separator: "\n")
        .filter { $0.hasPrefix("  [ ") }.map(String.init)
    }
    let listed = try expressions(of: ours)
    #expect(listed.count > 200)
    #expect(listed == (try expressions(of: theirs)))
  }

  @Test func replacingATableLeavesOneOfIt() throws {
    let namespace = try NetworkNamespace()
    let first = try Self.apply(EveryShape.table, in: namespace)
    let second = try Self.apply(Self.table(comment: "second"), in: namespace)
    #expect(second.generation == first.generation + 1)
    #expect(
      try namespace.run(["nft", "list", "ruleset"])
        == "table inet t {\n\tcomment \"second\"\n}\n")
  }

  @Test func foreignTablesAreLeftAlone() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: "table ip t { chain x { accept; }; }\n")
    _ = try Self.apply(Self.table(), in: namespace)
    #expect(try namespace.run(["nft", "list", "table", "ip", "t"]).contains("chain x"))
  }

  @Test func aDryRunCommitsNothing() throws {
    let namespace = try NetworkNamespace()
    let receipt = try Self.apply(EveryShape.table, in: namespace, dryRun: true)
    #expect(try namespace.run(["nft", "list", "ruleset"]) == "")
    #expect(try namespace.enter { try Dump.generation(NetlinkSocket()) } == receipt.generation)
  }

  @Test func aDryRunFindsWhatACommitWould() throws {
    let namespace = try NetworkNamespace()
    let error = try Self.error {
      _ = try Self.apply(Self.table(chains: [Self.jumpToNowhere]), in: namespace, dryRun: true)
    }
    #expect(error.origin == Origin(index: 9))
    #expect(error.errno == 2)
  }

  static let jumpToNowhere = Chain(
    name: "c", rules: [Rule([.verdict(.jump("nowhere"))], origin: Origin(index: 9))],
    origin: Origin(index: 8))

  /// ENOENT for what is not there, EEXIST for overlaps: each names its object's origin.
  @Test(arguments: [
    (table(chains: [jumpToNowhere]), Int32(2), 9),
    (
      table(chains: [
        Chain(
          name: "c", rules: [Rule([.setHelper("none")], origin: Origin(index: 5))],
          origin: Origin(index: 4))
      ]), 2, 5
    ),
    (
      table(objects: [
        Object(
          name: "h", kind: .ctHelper(type: "no-such", transport: .tcp), origin: Origin(index: 6))
      ]), 2, 6
    ),
    (
      table(sets: [
        NamedSet(
          name: "s", kind: .set, key: [.ipv4Address], isInterval: true,
          elements: .tuples([Element([.range(10, 20)]), Element([.range(12, 15)])]),
          origin: Origin(index: 7))
      ]), 17, 7
    ),
  ])
  func aRefusalNamesTheOriginOfItsObject(table: Table, errno: Int32, origin: Int) throws {
    let namespace = try NetworkNamespace()
    let error = try Self.error { _ = try Self.apply(table, in: namespace) }
    #expect(error.errno == errno)
    #expect(error.origin == Origin(index: origin))
    #expect(try namespace.run(["nft", "list", "ruleset"]) == "")
  }

  @Test func aChangedGenerationAppliesNothing() throws {
    let namespace = try NetworkNamespace()
    let before = try namespace.enter { try Dump.generation(NetlinkSocket()) }
    try namespace.run(["nft", "add", "table", "inet", "other"])
    let error = try Self.error {
      _ = try Self.apply(Self.table(), in: namespace, expecting: before)
    }
    #expect(error == .generationChanged(expected: before))
    #expect(try !namespace.run(["nft", "list", "ruleset"]).contains("table inet t "))
    _ = try Self.apply(Self.table(), in: namespace, expecting: before + 1)
  }

  @Test func aTableIsReadWithItsCommentWhoeverMadeIt() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(
      ["nft", "-f", "-"], input: "table inet t { comment \"foreign\"; }\ntable inet u { }\n")
    try namespace.enter {
      let socket = try NetlinkSocket()
      #expect(try Dump.tableState(named: "t", socket)?.comment == "foreign")
      let plain = try Dump.tableState(named: "u", socket)
      #expect(plain != nil)
      #expect(plain?.comment == nil)
      #expect(try Dump.tableState(named: "v", socket) == nil)
      #expect(try Dump.tables(socket).map(\.name).sorted() == ["t", "u"])
    }
  }

  /// As many messages of elements as 64 KiB attributes need; intervals and single addresses.
  @Test(arguments: [true, false])
  func aHundredThousandPrefixesLoadInOneBatch(isInterval: Bool) throws {
    let namespace = try NetworkNamespace()
    let addresses = IntervalSet<UInt32>(
      canonical: (0..<100_000).map { .init(0x0a00_0000 + 2 * $0, 0x0a00_0000 + 2 * $0) })
    let set = NamedSet(
      name: "s", kind: .set, key: [.ipv4Address], isInterval: isInterval,
      size: isInterval ? nil : 120_000, elements: .ipv4(addresses), origin: Origin(index: 2))
    let receipt = try Self.apply(Self.table(sets: [set]), in: namespace)
    #expect(receipt.bytes > 1_600_000)
    try namespace.run(["nft", "get", "element", "inet", "t", "s", "{ 10.3.13.62 }"])
    #expect(
      try namespace.attempt(["nft", "get", "element", "inet", "t", "s", "{ 10.3.13.63 }"]).status
        != 0)
  }

  @Test func aNameThatTheTableDoesNotDefineIsRefusedBeforeTheKernel() throws {
    let chain = Chain(
      name: "c",
      rules: [
        Rule([.lookup(Key(.ipv4Source), isNegated: false, set: "x")], origin: Origin(index: 3))
      ], origin: Origin(index: 2))
    let error = try Self.error {
      _ = try BatchEncoder(
        replacing: Self.table(chains: [chain]), expectedGeneration: nil, dryRun: false)
    }
    #expect(error.origin == Origin(index: 3))
  }
}
