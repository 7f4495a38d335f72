import NetworkTypes
import Nftables
import TestSupport
import Testing

@testable import Kernel

/// What sets hold that are filled while they are in force, in the real kernel.
@Suite struct SetContentTests {
  private static let table = """
    table inet t {
      set net-q-4 { type ipv4_addr; flags interval, timeout; size 8; timeout 7d; }
      set net-q-6 { type ipv6_addr; flags interval, timeout; }
      set offenders-4 { type ipv4_addr; flags dynamic, timeout; timeout 1d; size 8; counter; }
      set fixed { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 }; }
      set odd { typeof ip ttl; flags timeout; timeout 1d; }
    }

    """

  private static func namespace() throws -> NetworkNamespace {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: table)
    return namespace
  }

  private static func q4(size: UInt32? = 8) -> NamedSet {
    NamedSet(
      name: "net-q-4", kind: .set, key: [.ipv4Address], isInterval: true, timeoutSeconds: 604_800,
      size: size, elements: .none, origin: Origin(index: 0))
  }

  private static func q6() -> NamedSet {
    NamedSet(
      name: "net-q-6", kind: .set, key: [.ipv6Address], isInterval: true, hasTimeouts: true,
      elements: .none, origin: Origin(index: 0))
  }

  private static func content(of set: NamedSet, in namespace: NetworkNamespace) throws
    -> [SetElement]
  {
    try namespace.enter { try Dump.content(of: set, inTable: "t", NetlinkSocket()) }
  }

  private static func change(_ changes: [SetChange], in namespace: NetworkNamespace) throws {
    try namespace.enter {
      let socket = try NetlinkSocket()
      _ = try KernelTransaction().change(
        changes, of: RulesetReading(ofTable: "t", generation: try Dump.generation(socket)),
        transport: socket)
    }
  }

  @Test func whatNftAddsIsReadWithTimesAndComments() throws {
    let namespace = try Self.namespace()
    try namespace.run([
      "nft", "add", "element", "inet", "t", "net-q-4",
      "{ 192.0.2.0/24 timeout 2h comment \"NET-1\", 198.51.100.7, 198.51.100.8, 255.0.0.0/8 }",
    ])
    try namespace.run([
      "nft", "add", "element", "inet", "t", "net-q-6", "{ 2001:db8::/32, ff00::/8 timeout 90s }",
    ])
    let content = try Self.content(of: Self.q4(), in: namespace)
    #expect(content.map(\.lower) == [0xc000_0200, 0xc633_6407, 0xc633_6408, 0xff00_0000])
    #expect(content.map(\.upper) == [0xc000_02ff, 0xc633_6407, 0xc633_6408, 0xffff_ffff])
    #expect(content.map(\.timeout) == [7_200_000, 604_800_000, 604_800_000, 604_800_000])
    #expect(content.map(\.comment) == ["NET-1", nil, nil, nil])
    for element in content {
      let (expires, timeout) = (try #require(element.expires), try #require(element.timeout))
      #expect(expires <= timeout)
      #expect(expires > timeout - 60_000)
    }
    let six = try Self.content(of: Self.q6(), in: namespace)
    #expect(six.map(\.lower) == [0x2001_0db8 << 96, 0xff << 120])
    #expect(six.map(\.upper) == [(0x2001_0db9 << 96) - 1, .max])
    #expect(six.map(\.timeout) == [nil, 90_000])
    #expect(
      try namespace.enter {
        try Dump.elementCount(of: Self.q4(), inTable: "t", NetlinkSocket())
      } == 4)
  }

  @Test func countersOfElementsAreRead() throws {
    let namespace = try Self.namespace()
    try namespace.run([
      "nft", "add", "element", "inet", "t", "offenders-4",
      "{ 192.0.2.1 counter packets 12 bytes 340, 192.0.2.2 counter packets 0 bytes 0 }",
    ])
    let sets = try namespace.enter { try Dump.setsFilledInForce(ofTable: "t", NetlinkSocket()) }
    // The statement of its own that nft gives a set is not ours.
    #expect(sets.map(\.name) == ["net-q-4", "net-q-6"])
    let offenders = NamedSet(
      name: "offenders-4", kind: .set, key: [.ipv4Address], isDynamic: true,
      timeoutSeconds: 86_400, elements: .none, origin: Origin(index: 0))
    let content = try Self.content(of: offenders, in: namespace)
    #expect(content.map(\.lower) == [0xc000_0201, 0xc000_0202])
    #expect(content.map(\.packets) == [12, 0])
    #expect(content.map(\.bytes) == [340, 0])
    #expect(content.allSatisfy { $0.timeout == 86_400_000 && $0.expires != nil })
  }

  @Test func whatIsAddedListsAsNftAddedIt() throws {
    let ours = try Self.namespace()
    let theirs = try Self.namespace()
    try theirs.run([
      "nft", "add", "element", "inet", "t", "net-q-4",
      "{ 192.0.2.0/24 timeout 2h comment \"ticket NET-1\", 198.51.100.7, 255.0.0.0/8 }",
    ])
    try theirs.run(["nft", "add", "element", "inet", "t", "net-q-6", "{ 2001:db8::/32, ::1 }"])
    var four = SetChange(table: "t", set: Self.q4())
    four.added = [
      SetElement(
        lower: 0xc000_0200, upper: 0xc000_02ff, timeout: 7_200_000, comment: "ticket NET-1"),
      SetElement(lower: 0xc633_6407, upper: 0xc633_6407),
      SetElement(lower: 0xff00_0000, upper: 0xffff_ffff),
    ]
    var six = SetChange(table: "t", set: Self.q6())
    six.added = [
      SetElement(lower: 1, upper: 1),
      SetElement(lower: 0x2001_0db8 << 96, upper: (0x2001_0db9 << 96) - 1),
    ]
    try Self.change([four, six], in: ours)
    func listing(_ namespace: NetworkNamespace) throws -> String {
      try namespace.run(["nft", "list", "table", "inet", "t"])
        .replacing(try Regex("expires [0-9a-z]+"), with: "")
    }
    #expect(try listing(ours) == listing(theirs))
    // nft takes out what we put in, and so do we.
    try ours.run(["nft", "delete", "element", "inet", "t", "net-q-4", "{ 198.51.100.7 }"])
    var gone = SetChange(table: "t", set: Self.q4())
    gone.removed = [four.added[0], four.added[2]]
    try Self.change([gone], in: ours)
    #expect(try Self.content(of: Self.q4(), in: ours) == [])
  }

  @Test func oneRefusalChangesNothing() throws {
    let namespace = try Self.namespace()
    var change = SetChange(table: "t", set: Self.q4())
    change.added = (0..<200).map { SetElement(lower: 2 * $0, upper: 2 * $0) }
    var other = SetChange(table: "t", set: Self.q6())
    other.added = [SetElement(lower: 1, upper: 1)]
    do {
      try Self.change([other, change], in: namespace)
      Issue.record("a full set took more")
    } catch let error as NetlinkError {
      #expect(error.errno == 23)
    }
    #expect(try Self.content(of: Self.q6(), in: namespace) == [])
  }

  @Test func asManyEntriesAsTheSetSays() throws {
    let namespace = try Self.namespace()
    var change = SetChange(table: "t", set: Self.q4())
    change.added = (1...8).map { SetElement(lower: 2 * $0, upper: 2 * $0) }
    try Self.change([change], in: namespace)
    #expect(try Self.content(of: Self.q4(), in: namespace).count == 8)
  }

  @Test func tensOfThousandsEnterAtOnce() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(
      ["nft", "-f", "-"],
      input:
        "table inet t { set net-q-4 { type ipv4_addr; flags interval, timeout; timeout 7d; }\n}\n"
    )
    var change = SetChange(table: "t", set: Self.q4(size: nil))
    change.added = (0..<20_000).map {
      SetElement(lower: 4 * $0, upper: 4 * $0 + 1, comment: "ticket NET-\($0)")
    }
    try Self.change([change], in: namespace)
    let content = try Self.content(of: Self.q4(size: nil), in: namespace)
    #expect(content.map(\.lower) == change.added.map(\.lower))
    #expect(content.last?.comment == "ticket NET-19999")
  }

  /// A reply that ends anywhere is read or refused, and never traps.
  @Test func aReplyMayEndAnywhereOrHoldAnything() throws {
    let namespace = try Self.namespace()
    try namespace.run([
      "nft", "add", "element", "inet", "t", "net-q-4",
      "{ 192.0.2.0/24 timeout 2h comment \"NET-1\", 255.0.0.0/8 }",
    ])
    let replies = try namespace.enter {
      try TableListing.list(
        .getSetElement, .newSetElement, [1: "t", 2: "net-q-4"], NetlinkSocket())
    }
    let whole = try #require(replies.first)
    #expect(try Dump.content(of: Self.q4(), inTable: "t", [whole]).count == 2)
    var read = 0
    for length in 0..<whole.payload.count {
      var broken = whole
      broken.payload = broken.payload.prefix(length)
      if (try? Dump.content(of: Self.q4(), inTable: "t", [broken])) != nil { read += 1 }
    }
    #expect(read < 4)
    var generator = SeededGenerator(label: "set content")
    for _ in 0..<5000 {
      var bytes = Array(whole.payload)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      var broken = whole
      broken.payload = bytes[...]
      _ = try? Dump.content(of: Self.q4(), inTable: "t", [broken])
    }
  }
}
