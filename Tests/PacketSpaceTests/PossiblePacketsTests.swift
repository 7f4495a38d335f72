import NetworkTypes
import PacketSpace
import Testing

struct PossiblePacketsTests {
  /// A packet of TCP that comes in.
  private static let inbound: [Dimension: UInt128] = [
    .path: 0, .family: 0, .inputInterface: 2, .outputInterface: 0, .state: 0, .ipProtocol: 6,
    .destinationPort: 22, .sourcePort: 40_000, .icmp: none, .hopLimit: 0, .packetType: 0,
    .user: noUser, .originalPort: 22, .reversePath: 0, .limiter(0): 0, .limiter(1): 0,
  ]
  private static let none = UInt128(Dimension.noPort)
  private static let noUser = UInt128(Dimension.noUser)

  private static let outbound: [Dimension: UInt128] = [
    .path: 2, .inputInterface: 0, .outputInterface: 2, .user: 1000,
  ]
  private static let forwarded: [Dimension: UInt128] = [.path: 1, .outputInterface: 1]
  private static let echo: [Dimension: UInt128] = [
    .ipProtocol: 1, .destinationPort: none, .sourcePort: none, .originalPort: none, .icmp: 8 << 8,
  ]

  struct Change: Sendable {
    var name: String
    var isPossible: Bool
    var values: [[Dimension: UInt128]]

    init(_ name: String, _ isPossible: Bool, _ values: [Dimension: UInt128]...) {
      self.name = name
      self.isPossible = isPossible
      self.values = values
    }
  }

  @Test(arguments: [
    Change("as it is", true),
    Change("another path", false, [.path: 3]),
    Change("another family", false, [.family: 2]),
    Change("no input interface", false, [.inputInterface: 0]),
    Change("an interface that is no class", false, [.inputInterface: 4]),
    Change("an output interface on the way in", false, [.outputInterface: 2]),
    Change("forwarded", true, forwarded),
    Change("forwarded to no interface", false, forwarded, [.outputInterface: 0]),
    Change("forwarded from no interface", false, forwarded, [.inputInterface: 0]),
    Change("sent", true, outbound),
    Change("sent and received", false, outbound, [.inputInterface: 2]),
    Change("sent through no interface", false, outbound, [.outputInterface: 0]),
    Change("another state", false, [.state: 5]),
    Change("untracked, with a port before NAT", false, [.state: 4]),
    Change("untracked", true, [.state: 4, .originalPort: none]),
    Change("invalid, with a port before NAT", false, [.state: 3]),
    Change("invalid", true, [.state: 3, .originalPort: none]),
    Change("related", true, [.state: 2]),
    Change("new without a port before NAT", false, [.originalPort: none]),
    Change("another protocol number", false, [.ipProtocol: 256]),
    Change("TCP without ports", false, [.destinationPort: none, .sourcePort: none]),
    Change("TCP without a source port", false, [.sourcePort: none]),
    Change("a port that is none", false, [.destinationPort: 65537]),
    Change("TCP with an ICMP type", false, [.icmp: 8 << 8]),
    Change("GRE with ports", false, [.ipProtocol: 47]),
    Change(
      "GRE", true,
      [.ipProtocol: 47, .destinationPort: none, .sourcePort: none, .originalPort: none]),
    Change("UDP", true, [.ipProtocol: 17]),
    Change("SCTP", true, [.ipProtocol: 132]),
    Change("echo", true, echo),
    Change("echo without a type", false, echo, [.icmp: none]),
    Change("echo with ports", false, echo, [.destinationPort: 7]),
    Change("ICMP over IPv6", false, echo, [.family: 1]),
    Change("ICMP over IPv6, its type unread", true, echo, [.family: 1, .icmp: none]),
    Change("ICMPv6", true, echo, [.family: 1, .ipProtocol: 58]),
    Change("ICMPv6 over IPv4", false, echo, [.ipProtocol: 58]),
    Change("a hop limit of 255", true, [.hopLimit: 1]),
    Change("another answer to the hop limit", false, [.hopLimit: 2]),
    Change("multicast", true, [.packetType: 2]),
    Change("another packet type", false, [.packetType: 3]),
    Change("forwarded multicast", false, forwarded, [.packetType: 2]),
    Change("sent multicast", false, outbound, [.packetType: 2]),
    Change("received from a user", false, [.user: 1000]),
    Change("sent by nobody", true, outbound, [.user: noUser]),
    Change("a wrong reverse path", true, [.reversePath: 1]),
    Change("another answer to the reverse path", false, [.reversePath: 2]),
    Change("sent by a wrong reverse path", false, outbound, [.reversePath: 1]),
    Change("over the limit", true, [.limiter(0): 1, .limiter(1): 1]),
    Change("a limiter of all sources that is full", false, [.limiter(0): 2]),
    Change("a limiter per source that is full", true, [.limiter(1): 2]),
    Change("another answer of a limiter", false, [.limiter(1): 3]),
  ])
  func knowsWhatAPacketCanBe(change: Change) throws {
    let arena = PacketArena()
    let possible = try arena.possiblePackets(
      interfaces: InterfaceClasses(exact: ["eth0"], stems: []), limiters: [false, true])
    var packet = Self.inbound
    for values in change.values { packet.merge(values) { $1 } }
    let answer = arena.answer(possible.diagram) { packet[$0] ?? 0 }
    #expect((answer == 1) == change.isPossible, "\(change.name)")
  }

  @Test func possiblePacketsHaveAWitness() throws {
    let arena = PacketArena()
    let interfaces = InterfaceClasses(exact: ["eth0"], stems: ["bng"])
    let possible = try arena.possiblePackets(interfaces: interfaces, limiters: [true])
    let witness = try #require(arena.witness(of: possible) { _, _ in [] })
    #expect(witness[.path] == 0)
    #expect(arena.answer(possible.diagram) { witness[$0] ?? 0 } == 1)
    #expect(arena.brokenInvariants() == [])
  }

  @Test func asManyLimitersAsThereCanBeAreWorkedThrough() throws {
    let arena = PacketArena()
    let possible = try arena.possiblePackets(
      interfaces: InterfaceClasses(exact: [], stems: []),
      limiters: Array(repeating: true, count: Dimension.maximumLimiters))
    let last = Dimension.limiter(Dimension.maximumLimiters - 1)
    let room = try arena.set(last, IntervalSet(LimiterValue.room.rawValue))
    let both = try arena.intersection(possible, room)
    #expect(!both.isEmpty && both != possible)
    let projected = try arena.project(both, away: last)
    #expect(try arena.isSubset(both, of: projected))
    let (regions, isComplete) = arena.regions(of: both.diagram, limit: 1) { $0 == 1 }
    #expect(regions.count == 1 && !isComplete)
    #expect(arena.witness(of: both) { _, _ in [] }?[last] == 0)
  }
}
