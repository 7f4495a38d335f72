import Nftables
import TestSupport
import Testing

@testable import Kernel

/// A listing of the kernel's, broken in every way: it is decoded or refused, and never traps.
@Suite struct HostileListingTests {
  /// What the kernel lists a table with.
  private static func listing(of table: Table) throws -> (TableState, TableListing) {
    let namespace = try NetworkNamespace()
    return try namespace.enter {
      let transport = try NetlinkSocket()
      _ = try KernelTransaction().replace(table: table, transport: transport)
      let state = try #require(try Dump.tableState(named: table.name, transport))
      return (state, try TableListing(of: table.name, transport))
    }
  }

  private static func decode(_ state: TableState, _ listing: TableListing) -> Bool {
    var decoder = TableDecoder(
      state, reading: RulesetReading(ofTable: "t", generation: 1))
    return (try? decoder.decode(listing)) != nil
  }

  /// A few of each.
  private static let small: Table = {
    var table = EveryShape.table
    table.sets = table.sets.filter { ["s4", "dyn", "cat", "ifm", "pm"].contains($0.name) }
    table.chains[0].rules = Array(table.chains[0].rules[3...8])
    let names = ["dyn", "cat"]
    table.chains[1].rules = table.chains[1].rules.filter { rule in
      rule.statements.contains {
        switch $0 {
        case .verdictMap(_, let name), .dynamicSet(_, _, let name, _): names.contains(name)
        case .ctState, .ctStateMap, .limit, .log, .reject, .counter: true
        default: false
        }
      }
    }
    return table
  }()

  @Test func anyReplyMayEndAnywhere() throws {
    let (state, listing) = try Self.listing(of: Self.small)
    #expect(Self.decode(state, listing))
    var decoded = 0
    var cuts = 0
    listing.forEachReply { path in
      for length in 0..<listing[keyPath: path].payload.count {
        var broken = listing
        broken[keyPath: path].payload = broken[keyPath: path].payload.prefix(length)
        cuts += 1
        if Self.decode(state, broken) { decoded += 1 }
      }
    }
    // Only between attributes that need not be there.
    #expect(cuts > 3000)
    #expect(decoded < cuts / 20)
  }

  @Test func anyByteMayBeAnother() throws {
    var generator = SeededGenerator(label: "hostile listing")
    let (state, listing) = try Self.listing(of: Self.small)
    var paths: [WritableKeyPath<TableListing, NetlinkReply>] = []
    listing.forEachReply { paths.append($0) }
    for _ in 0..<3000 {
      var broken = listing
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let path = try #require(paths.randomElement(using: &generator))
        let count = broken[keyPath: path].payload.count
        guard count > 0 else { continue }
        var bytes = Array(broken[keyPath: path].payload)
        bytes[Int.random(in: 0..<count, using: &generator)] =
          Bool.random(using: &generator)
          ? UInt8.random(in: 0...255, using: &generator)
          : bytes[Int.random(in: 0..<count, using: &generator)] ^ 1
        broken[keyPath: path].payload = bytes[...]
      }
      _ = Self.decode(state, broken)
    }
  }

  /// Every answer of the kernel's while the small table is read.
  private static func recording() throws -> [[UInt8]: [[UInt8]]] {
    let namespace = try NetworkNamespace()
    return try namespace.enter {
      let transport = try NetlinkSocket()
      _ = try KernelTransaction().replace(table: small, transport: transport)
      let capture = CapturingTransport(transport)
      _ = try Dump.table(named: "t", capture)
      return capture.answers
    }
  }

  @Test func aDatagramMayEndAnywhere() throws {
    let recording = try Self.recording()
    func read(_ answers: [[UInt8]: [[UInt8]]]) -> KernelTable? {
      let transport = RecordingTransport { request in
        (answers[request] ?? []).map { .datagram($0) }
      }
      return try? Dump.table(named: "t", transport)
    }
    #expect(read(recording)?.table.keptByTheKernel == Self.small.keptByTheKernel)
    for (request, answer) in recording {
      for (index, datagram) in answer.enumerated() {
        for length in stride(from: 0, to: datagram.count, by: max(1, datagram.count / 20)) {
          var broken = recording
          broken[request]?[index] = Array(datagram.prefix(length))
          _ = read(broken)
        }
      }
    }
  }

  /// A kernel whose generation is `generations`, one after the other and then the last.
  private static func read(
    generations: [UInt32]
  ) throws -> (result: Result<KernelTable?, TableReadError>, asked: Int) {
    let recording = try recording()
    var asked = 0
    let transport = RecordingTransport { request in
      // NFT_MSG_GETGEN
      guard request[4] == 16, request[5] == 10 else {
        return (recording[request] ?? []).map { .datagram($0) }
      }
      asked += 1
      return [
        ReplyTests.generation(generations[min(asked, generations.count) - 1], for: request)
      ]
    }
    do throws(TableReadError) {
      return (.success(try Dump.table(named: "t", transport)), asked)
    } catch {
      return (.failure(error), asked)
    }
  }

  @Test func aTableThatChangedMeanwhileIsReadAnew() throws {
    let (result, asked) = try Self.read(generations: [7, 8, 8, 8])
    #expect(try result.get()?.reading.generation == 8)
    #expect(asked == 4)
    let changing = try Self.read(generations: Array(1...100)).result
    guard case .failure(.netlink(.dumpInterrupted)) = changing else {
      Issue.record("a table that never stands still was read")
      return
    }
  }
}

extension TableListing {
  fileprivate subscript(elementsOf name: String) -> [NetlinkReply] {
    get { elements[name] ?? [] }
    set { elements[name] = newValue }
  }

  /// Calls `body` with the way to every reply.
  fileprivate func forEachReply(_ body: (WritableKeyPath<TableListing, NetlinkReply>) -> Void) {
    for list: WritableKeyPath<TableListing, [NetlinkReply]> in [
      \.table, \.parts.objects, \.parts.sets, \.parts.chains, \.parts.flowtables, \.rules,
    ] {
      for index in self[keyPath: list].indices { body(list.appending(path: \.[index])) }
    }
    for (name, replies) in elements {
      for index in replies.indices { body(\.[elementsOf: name][index]) }
    }
  }
}

/// A road to the kernel that keeps what came back.
private final class CapturingTransport: NetlinkTransport {
  private let socket: NetlinkSocket
  private var request: [UInt8] = []
  private(set) var answers: [[UInt8]: [[UInt8]]] = [:]

  init(_ socket: consuming NetlinkSocket) { self.socket = socket }

  func send(_ datagram: [UInt8]) throws(NetlinkError) {
    request = datagram
    answers[request] = []
    try socket.send(datagram)
  }

  func receive() throws(NetlinkError) -> [UInt8]? {
    guard let datagram = try socket.receive() else { return nil }
    answers[request, default: []].append(datagram)
    return datagram
  }
}
