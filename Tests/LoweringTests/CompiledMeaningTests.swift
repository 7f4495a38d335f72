import Compiler
import Diagnostics
import Foundation
import Lowering
import NetworkTypes
import Nftables
import PacketSpace
import TestSupport
import Testing

/// Foundation has another one.
private typealias Dimension = PacketSpace.Dimension

/// What the compiler makes has a meaning, and the tracer agrees with it.
@Suite struct CompiledMeaningTests {
  struct Folder: Sendable, CustomTestStringConvertible {
    let url: URL
    var testDescription: String { url.lastPathComponent }
  }

  static let folders: [Folder] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../..").standardized
    return ["Examples", "Tests/GoldenTests/Cases"].flatMap { name -> [Folder] in
      let parent = root.appending(path: name)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
      return names.sorted().map { Folder(url: parent.appending(path: $0)) }
        .filter {
          FileManager.default.fileExists(atPath: $0.url.appending(path: "policy.yaml").path)
        }
    }
  }()

  @Test(arguments: folders)
  func compiledTablesMeanWhatTheirTraceSays(_ folder: Folder) throws {
    let path = folder.url.appending(path: "policy.yaml").path
    let compiled = compile(
      path, provider: try FileSystemProvider(policy: path, root: folder.url.path))
    try check(try #require(compiled.lowered), named: folder.testDescription, packets: 500)
  }

  @Test func theCorpusMeansWhatItsTraceSays() throws {
    var checked = 0
    for input in try Corpus.inputs(of: "policy") {
      let policy = CorpusPolicy(input.bytes)
      guard let resolved = policy.resolved,
        let lowered = lower(resolved, sources: policy.sources, digest: "0123456789abcdef").value
      else { continue }
      checked += 1
      try check(lowered, named: input.name, packets: 60)
    }
    #expect(checked > 5)
  }

  private func check(_ lowered: LoweredPolicy, named name: String, packets: Int) throws {
    let table = lowered.table

    let rules = Set(lowered.ruleOfLimiterSet.values).union(lowered.ruleOfLimiterChain.values)
      .sorted()
    let numbers = Dictionary(uniqueKeysWithValues: zip(rules, rules.indices))
    func limiter(_ place: LimiterPlace) -> Int? {
      switch place {
      case .set(let name): lowered.ruleOfLimiterSet[name].flatMap { numbers[$0] }
      case .rule(let chain, _, _): lowered.ruleOfLimiterChain[chain].flatMap { numbers[$0] }
      }
    }
    let networks = lowered.dynamicSets.keys.sorted()
    func network(_ set: String) -> Int? {
      networks.firstIndex { name in
        lowered.dynamicSets[name].map { set == $0.ipv4 || set == $0.ipv6 } ?? false
      }
    }
    var pool = Pool()
    pool.add(table)
    let interfaces = InterfaceClasses(exact: pool.names, stems: pool.stems)
    let arena = PacketArena()
    let possible = try arena.possiblePackets(
      interfaces: interfaces, limiters: rules.map { _ in true }, networks: networks.count)
    var numbering = Numbering<Outcome?>()
    let meaning = try RulesetMeaning(
      of: table, in: arena, interfaces: interfaces, possible: possible, limiter: limiter,
      network: network, numbering: &numbering)
    let trace = try RulesetTrace(
      of: table, interfaces: interfaces, limiter: limiter, network: network)

    #expect(numbering[0] == nil)
    var generator = SeededGenerator(label: name)
    let sampler = PacketSampler(
      of: possible, in: arena,
      dimensions: (0...18).map { Dimension(rawValue: $0) }
        + networks.indices.flatMap { index in
          AddressSide.allCases.map { .member($0, ofNetwork: index) }
        } + rules.indices.map { .limiter($0) },
      pool: pool.values)
    for _ in 0..<packets {
      let packet = sampler.packet(using: &generator)
      let traced = try trace.outcome { packet[$0] ?? 0 }.outcome
      let symbolic = numbering[arena.answer(meaning.diagram) { packet[$0] ?? 0 }]
      #expect(symbolic == traced, "\(name): \(packet)")
    }
  }

  /// The values that a table speaks of.
  private struct Pool {
    var values: [Dimension: [UInt128]] = [:]
    var names: Set<String> = []
    var stems: Set<String> = []

    mutating func add(_ table: Table) {
      for set in table.sets {
        switch set.elements {
        case .none: break
        case .ipv4(let set):
          for interval in set.intervals {
            add([.source4, .destination4], UInt128(interval.lower), UInt128(interval.upper))
          }
        case .ipv6(let set):
          for interval in set.intervals {
            add([.source6, .destination6], interval.lower, interval.upper)
          }
        case .tuples(let elements): for element in elements { add(element, set.key) }
        }
      }
      for statement in table.chains.flatMap(\.rules).flatMap(\.statements) { add(statement) }
    }

    private mutating func add(_ element: Element, _ key: [DataType]) {
      for (field, type) in zip(element.key, key) {
        switch field {
        case .interface(let name): names.insert(name)
        case .range(let lower, let upper):
          switch type {
          case .ipv4Address: add([.source4, .destination4], lower, upper)
          case .ipv6Address: add([.source6, .destination6], lower, upper)
          case .inetService: add([.destinationPort, .originalPort], lower, upper)
          case .inetProto: add([.ipProtocol], lower, upper)
          case .icmpType, .icmpv6Type: add([.icmp], lower << 8, upper << 8 | 255)
          default: break
          }
        }
      }
    }

    private mutating func add(_ statement: Statement) {
      switch statement {
      case .compareInterface(_, _, let name, let isWildcard):
        if isWildcard { stems.insert(name) } else { names.insert(name) }
      case .comparePrefix(_, _, .ipv4(let address, let length)):
        let hosts = length == 32 ? 0 : UInt32.max >> UInt32(length)
        add([.source4, .destination4], UInt128(address.bits), UInt128(address.bits | hosts))
      case .comparePrefix(_, _, .ipv6(let address, let length)):
        let hosts = length == 128 ? 0 : UInt128.max >> UInt128(length)
        add([.source6, .destination6], address.bits, address.bits | hosts)
      case .compare(let field, _, let value): add(field, [value])
      case .compareAny(let field, _, let values): add(field, values)
      default: break
      }
    }

    private mutating func add(_ field: Field, _ values: [UInt64]) {
      for value in values.map({ UInt128($0) }) {
        switch field {
        case .l4Proto: add([.ipProtocol], value, value)
        case .tcpDestinationPort, .udpDestinationPort, .transportDestinationPort,
          .originalDestinationPort:
          add([.destinationPort, .originalPort], value, value)
        case .udpSourcePort: add([.sourcePort], value, value)
        case .icmpType, .icmpv6Type: add([.icmp], value << 8, value << 8 | 255)
        case .socketUser: add([.user], value, value)
        case .time: add([.date], value, value)
        default: break
        }
      }
    }

    private mutating func add(
      _ dimensions: [Dimension], _ lower: UInt128, _ upper: UInt128
    ) {
      for dimension in dimensions { values[dimension, default: []] += [lower, upper] }
    }
  }
}
