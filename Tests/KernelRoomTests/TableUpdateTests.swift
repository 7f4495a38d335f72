import Foundation
import NetworkTypes
import Nftables
import TestSupport
import Testing

@testable import Kernel

/// A table changed in place, in the real kernel.
@Suite struct TableUpdateTests {
  private static let here = Origin(index: 0)

  /// A chain at the output hook that counts UDP to port 9 by a counter and remembers who sent it.
  private static func table(
    counters: [String] = ["seen"], rate: UInt64 = 100, size: UInt32 = 65536, keep: UInt64 = 3600,
    policy: BaseChain.Policy = .drop, extra: [Nftables.Rule] = [],
    comment: String = "fwpolicy p v1",
    byMap: Bool = true
  ) -> Table {
    let limit = RateLimit(rate: rate, unitSeconds: 1, burst: 1_000_000, isOver: false)
    return Table(
      name: "t", comment: comment,
      objects: counters.map { Object(name: $0, kind: .counter, origin: here) },
      sets: [
        NamedSet(
          name: "limiter", kind: .set, key: [.ipv4Address], isDynamic: true,
          timeoutSeconds: 3600, size: 65536, elements: .none, comment: comment, origin: here),
        NamedSet(
          name: "net-q-4", kind: .set, key: [.ipv4Address], isInterval: true,
          timeoutSeconds: keep, size: size, elements: .none, comment: comment, origin: here),
        NamedSet(
          name: "map", kind: .verdictMap, key: [.inetProto],
          elements: .tuples([Element([.value(17)], .jump("count"))]), origin: here),
      ],
      chains: [
        Chain(
          name: "count",
          rules: [
            Nftables.Rule(
              [
                .compare(.nfProto, .equal, 2),
                .dynamicSet(.update, Key(.ipv4Source), set: "limiter", .limit(limit)),
              ] + [.counter(counters[0]), .verdict(.accept)], comment: comment, origin: here)
          ], origin: here),
        Chain(
          name: "out", base: BaseChain(hook: .output, priority: 0, policy: policy),
          rules: extra + [
            Nftables.Rule(
              [.lookup(Key(.ipv4Destination), isNegated: false, set: "net-q-4"), .verdict(.drop)],
              origin: here),
            Nftables.Rule(
              byMap
                ? [.verdictMap(Key(.l4Proto), map: "map")]
                : [.compare(.l4Proto, .equal, 17), .verdict(.jump("count"))], origin: here),
          ], origin: here),
      ], origin: here)
  }

  /// Changes what is in a namespace into a table; nil where it cannot be in place.
  private static func update(_ table: Table, in namespace: NetworkNamespace) throws -> TableUpdate?
  {
    try namespace.enter {
      let socket = try NetlinkSocket()
      let reading = try RulesetReading(ofTable: "t", elements: .none, socket)
      guard let present = try Dump.presentTable(of: reading, socket),
        let update = TableUpdate(from: present, to: table)
      else { return nil }
      let receipt = try KernelTransaction().update(
        table, by: update, of: reading, transport: socket)
      #expect(receipt.generation == reading.generation + 1)
      return update
    }
  }

  private static func apply(_ table: Table, in namespace: NetworkNamespace) throws {
    _ = try namespace.enter {
      try KernelTransaction().replace(table: table, transport: NetlinkSocket())
    }
  }

  private static func packets(of counter: String, in namespace: NetworkNamespace) throws -> UInt64?
  {
    try namespace.enter { try Dump.counters(ofTable: "t", NetlinkSocket())[counter]?.packets }
  }

  /// The table as nft lists it, without what differs where tables are the same otherwise.
  private static func listing(of namespace: NetworkNamespace) throws -> String {
    try namespace.run(["nft", "-s", "list", "table", "inet", "t"])
  }

  @Test func whatDidNotChangeStays() throws {
    let namespace = try NetworkNamespace()
    try Self.apply(Self.table(), in: namespace)
    try namespace.run([
      "nft", "add", "element", "inet", "t", "net-q-4",
      "{ 192.0.2.0/24 timeout 2h comment \"NET-1\", 198.51.100.7 }",
    ])
    let socket = try namespace.enter { try LabSocket(AF_INET, 2, 0) }
    let address = SocketAddress(IPv4Address(bits: 0x7f00_0001), port: 9)
    for _ in 1...7 { #expect(socket.send([1], to: address)) }
    let before = try namespace.run(["nft", "list", "set", "inet", "t", "limiter"])
    #expect(before.contains("127.0.0.1"))
    let moved = Nftables.Rule(
      [.compare(.l4Proto, .equal, 6), .verdict(.accept)], origin: Self.here)
    let update = try #require(
      try Self.update(
        Self.table(counters: ["seen", "new"], extra: [moved], comment: "fwpolicy p v2"),
        in: namespace))
    #expect(update.keptSets == ["limiter", "net-q-4"])
    #expect(update.keptCounters == ["seen"])
    #expect(update.keptChains == ["out"])
    #expect(update.restartedSets == [])
    #expect(try Self.packets(of: "seen", in: namespace) == 7)
    #expect(try Self.packets(of: "new", in: namespace) == 0)
    let listed = try namespace.run(["nft", "list", "set", "inet", "t", "net-q-4"])
    #expect(
      listed.contains(/192\.0\.2\.0\/24 timeout 2h expires 1h59m[0-9a-z]+ comment "NET-1"/),
      "\(listed)")
    #expect(listed.contains(/198\.51\.100\.7 expires 59m/), "\(listed)")
    #expect(
      try namespace.run(["nft", "list", "set", "inet", "t", "limiter"]).contains("127.0.0.1"))
    // The rules of the batch look the kept sets up.
    for _ in 1...3 { #expect(socket.send([1], to: address)) }
    #expect(try Self.packets(of: "seen", in: namespace) == 10)
    #expect(
      !socket.send([1], to: SocketAddress(IPv4Address(bits: 0xc633_6407), port: 9)))
    // But for its comments it is the table that a first apply makes.
    let other = try NetworkNamespace()
    try Self.apply(
      Self.table(counters: ["seen", "new"], extra: [moved], comment: "fwpolicy p v2"), in: other)
    func plain(_ text: String) -> [String] {
      text.split(separator: "\n").map(String.init).filter {
        !$0.contains("elements") && !$0.contains("192.0.2.0")
          && !$0.contains("comment \"fwpolicy p")
          && !$0.contains("198.51.100.7")
      }.sorted()
    }
    #expect(plain(try Self.listing(of: namespace)) == plain(try Self.listing(of: other)))
    #expect(
      try namespace.enter {
        let socket = try NetlinkSocket()
        return try Dump.version(of: try #require(try Dump.tableState(named: "t", socket)), socket)
      } == "fwpolicy p v2")
  }

  /// Through rules alone no packet is lost.
  ///
  /// One that is among them in the very moment of a change can look a map up that has just gone, and
  /// then meets the chain's policy; a table that is replaced as a whole loses far more so.
  @Test(arguments: [(byMap: false, lost: 0), (byMap: true, lost: 3)])
  func packetsAreNeitherLostNorMiscountedWhileTablesChange(byMap: Bool, lost: Int) throws {
    let namespace = try NetworkNamespace()
    try Self.apply(Self.table(byMap: byMap), in: namespace)
    let flood = try Flood(in: namespace)
    var applied = 0
    for number in 2...21 {
      let table = Self.table(
        counters: ["seen", "other-\(number)"],
        extra: number % 2 == 0
          ? []
          : [Nftables.Rule([.compare(.l4Proto, .equal, 6), .verdict(.drop)], origin: Self.here)],
        comment: "fwpolicy p v\(number)", byMap: byMap)
      if try Self.update(table, in: namespace) != nil { applied += 1 }
      Thread.sleep(forTimeInterval: 0.005)
    }
    let (sent, refused) = flood.stop()
    #expect(applied == 20)
    #expect(sent > 1000)
    #expect(refused <= lost)
    #expect(try Self.packets(of: "seen", in: namespace) == UInt64(sent))
  }

  @Test func whatIsDefinedOtherwiseStartsAfresh() throws {
    for (change, gone) in [
      (Self.table(rate: 7), "limiter"), (Self.table(size: 1024), "net-q-4"),
      (Self.table(keep: 60), "net-q-4"),
    ] {
      let namespace = try NetworkNamespace()
      try Self.apply(Self.table(), in: namespace)
      for (set, element) in [
        ("net-q-4", "192.0.2.0/24"), ("limiter", "192.0.2.1 limit rate 1/second"),
      ] {
        try namespace.run(["nft", "add", "element", "inet", "t", set, "{ \(element) }"])
      }
      let update = try #require(try Self.update(change, in: namespace))
      #expect(update.restartedSets == [gone])
      for set in ["net-q-4", "limiter"] {
        #expect(
          try namespace.run(["nft", "list", "set", "inet", "t", set]).contains("192.0.2.")
            == (set != gone), "\(set) \(gone)")
      }
    }
  }

  @Test func aBaseChainOfAnotherPolicyIsReplaced() throws {
    let namespace = try NetworkNamespace()
    try Self.apply(Self.table(), in: namespace)
    let update = try #require(try Self.update(Self.table(policy: .accept), in: namespace))
    #expect(update.keptChains == [])
    #expect(
      try namespace.run(["nft", "list", "chain", "inet", "t", "out"]).contains("policy accept"))
  }

  /// What people do to a table by hand goes, and what the policy has stays.
  @Test(arguments: [
    "add chain inet t mine { type filter hook input priority 5; policy drop; }",
    "add rule inet t out counter accept",
    "add rule inet t out meta mark set 7 jump { tcp dport 80 accept; }",
    "add set inet t odd { typeof ip ttl; elements = { 3 }; }",
    "add map inet t jumps { type inet_service : verdict; elements = { 25 : jump count }; }; "
      + "add chain inet t other; add rule inet t other tcp dport vmap @jumps",
    "add chain inet t a; add chain inet t b; add rule inet t a jump b; "
      + "add map inet t ab { type mark : verdict; elements = { 1 : jump a, 2 : goto b }; }; "
      + "add rule inet t out meta mark vmap @ab",
    "add quota inet t q7 { over 7 mbytes }; add rule inet t out quota name q7 drop",
    "add limit inet t slow { rate 7/second }; add map inet t which { type ipv4_addr : limit; "
      + "elements = { 192.0.2.1 : slow }; }; add rule inet t out limit name ip saddr map @which",
    "add map inet t counts { type ipv4_addr : counter; flags interval; "
      + "elements = { 192.0.2.0/24 : seen }; }; add rule inet t out counter name ip saddr map @counts",
    "add rule inet t out tcp dport { 1, 2 } ct state vmap { new : accept, established : drop }",
    "delete rule inet t out handle 5",
  ])
  func whatIsEditedByHandIsMendedInPlace(_ edit: String) throws {
    let namespace = try NetworkNamespace()
    let fresh = try NetworkNamespace()
    try Self.apply(Self.table(), in: namespace)
    try Self.apply(Self.table(comment: "fwpolicy p v2"), in: fresh)
    if edit.hasPrefix("delete") {
      try namespace.run(["nft", "flush", "chain", "inet", "t", "out"])
    } else {
      try namespace.run(["nft", "-f", "-"], input: edit + "\n")
    }
    #expect(try Self.update(Self.table(comment: "fwpolicy p v2"), in: namespace) != nil)
    let read = try namespace.enter { try Dump.table(named: "t", NetlinkSocket())?.table }
    let wanted = try fresh.enter { try Dump.table(named: "t", NetlinkSocket())?.table }
    #expect(Self.bare(try #require(read)) == Self.bare(try #require(wanted)))
  }

  /// The table without comments, in one order.
  private static func bare(_ table: Table) -> Table {
    var table = table.keptByTheKernel
    table.comment = nil
    for index in table.chains.indices { table.chains[index].comment = nil }
    for index in table.sets.indices { table.sets[index].comment = nil }
    table.sets.sort { $0.name < $1.name }
    table.chains.sort { $0.name < $1.name }
    return table
  }

  @Test func aFlowtableAsksForTheWhole() {
    #expect(TableUpdate(from: PresentTable(), to: Self.table()) != nil)
    #expect(TableUpdate(from: PresentTable(hasFlowtables: true), to: Self.table()) == nil)
  }

  @Test func aTableWithoutRegularChainsIsReplaced() throws {
    var table = Self.table()
    table.chains.removeAll { $0.base == nil }
    #expect(TableUpdate(from: PresentTable(), to: table) == nil)
  }

  @Test func anotherGenerationChangesNothing() throws {
    let namespace = try NetworkNamespace()
    try Self.apply(Self.table(), in: namespace)
    try namespace.enter {
      let socket = try NetlinkSocket()
      let reading = try RulesetReading(ofTable: "t", elements: .none, socket)
      let present = try #require(try Dump.presentTable(of: reading, socket))
      let update = try #require(TableUpdate(from: present, to: Self.table()))
      try namespace.run(["nft", "add", "counter", "inet", "t", "mine"])
      #expect(throws: NetlinkError.generationChanged(expected: reading.generation)) {
        _ = try KernelTransaction().update(
          Self.table(), by: update, of: reading, transport: socket)
      }
    }
    #expect(try Self.packets(of: "mine", in: namespace) == 0)
  }

  /// Rows of an inventory have a counter each: removing one, adding one and renaming one touches no
  /// other.
  @Test func thousandsOfCountersStayInPlace() throws {
    let namespace = try NetworkNamespace()
    func counters(_ range: Range<Int>) -> [String] { ["seen"] + range.map { "sub-row\($0)" } }
    let count = ProcessInfo.processInfo.environment["FWPOLICY_COUNTERS"].flatMap(Int.init) ?? 5000
    var first = Self.table(counters: counters(0..<count))
    first.objects[500].startingCount = CounterValue(packets: 12, bytes: 34)
    try Self.apply(first, in: namespace)
    let name = first.objects[500].name
    let clock = ContinuousClock()
    var update: TableUpdate?
    let time = try clock.measure {
      update = try Self.update(Self.table(counters: counters(1..<count + 1)), in: namespace)
    }
    #expect(update?.keptCounters.count == count)
    let values = try namespace.enter { try Dump.counters(ofTable: "t", NetlinkSocket()) }
    #expect(values[name]?.packets == 12)
    #expect(values["sub-row0"] == nil)
    #expect(values["sub-row\(count)"]?.packets == 0)
    print("\(count) counters kept in \(time)")
  }
}

/// UDP to loopback, as fast as one thread can.
private final class Flood: @unchecked Sendable {
  private let socket: LabSocket
  private let lock = NSLock()
  private var isOver = false
  private var sent = 0
  private var refused = 0
  private let done = DispatchSemaphore(value: 0)

  init(in namespace: NetworkNamespace) throws {
    socket = try namespace.enter { try LabSocket(AF_INET, 2, 0) }
    Thread.detachNewThread { [self] in
      let address = SocketAddress(IPv4Address(bits: 0x7f00_0001), port: 9)
      while !lock.withLock({ isOver }) {
        if socket.send([1], to: address) { sent += 1 } else { refused += 1 }
      }
      done.signal()
    }
  }

  /// How many were sent, and how many the firewall refused.
  func stop() -> (Int, Int) {
    lock.withLock { isOver = true }
    done.wait()
    return (sent, refused)
  }
}
