import Compiler
import Diagnostics
import Lowering
import NetworkTypes
import Nftables
import PolicyLanguage
import TestSupport
import Testing

/// Sets that are filled while a policy is in force are as the policy says.
@Suite struct RunTimeSetsProofTests {
  private static let text = """
    fwpolicy: 1
    name: p
    role: router
    zones:
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24] }
      internet: { kind: outside, interfaces: [eth0] }
    forward:
      - { allow: any, from: clients, to: internet }
    smtp-egress:
      clients: clients
      users: []
      offenders: { keep: 2h, capacity: 100 }
    """

  private static func parts() throws -> (LoweredPolicy, ResolvedPolicy) {
    let compilation = compile("p.yaml", provider: MemoryProvider(["p.yaml": text]))
    return (try #require(compilation.lowered), try #require(compilation.policy))
  }

  @Test func offendersAreTwoSetsOfTheTableAndProven() throws {
    let (lowered, policy) = try Self.parts()
    #expect(lowered.offenderSets == FamilySets(ipv4: "offenders-4", ipv6: "offenders-6"))
    let sets = lowered.table.sets.filter(\.isDynamic)
    #expect(sets.map(\.name) == ["offenders-4", "offenders-6"])
    #expect(sets.map(\.timeoutSeconds) == [7200, 7200])
    #expect(sets.map(\.size) == [100, 100])
    #expect(sets.map(\.comment) == ["offenders", "offenders"])
    guard case .equal = prove(lowered, of: policy) else {
      Issue.record("not proven")
      return
    }
  }

  /// An edit of the first rule that records.
  private static func edit(
    _ lowered: inout LoweredPolicy,
    _ body: (inout Key, inout String, inout DynamicSetOperation) -> Void
  ) {
    for chain in lowered.table.chains.indices {
      for rule in lowered.table.chains[chain].rules.indices {
        for place in lowered.table.chains[chain].rules[rule].statements.indices {
          guard
            case .dynamicSet(var operation, var key, var set, .counter) =
              lowered.table.chains[chain].rules[rule].statements[place], set == "offenders-6"
          else { continue }
          body(&key, &set, &operation)
          lowered.table.chains[chain].rules[rule].statements[place] = .dynamicSet(
            operation, key, set: set, .counter)
        }
      }
    }
  }

  @Test func aRecordOfOthersIsNoticed() throws {
    let edits: [(inout Key, inout String, inout DynamicSetOperation) -> Void] = [
      { key, _, _ in key.parts[0].prefixLength = 48 },
      { key, _, _ in key.parts[0].prefixLength = nil },
      { key, _, _ in key.parts[0].field = .ipv6Destination },
    ]
    for edit in edits {
      var (lowered, policy) = try Self.parts()
      Self.edit(&lowered, edit)
      guard case .different = prove(lowered, of: policy) else {
        Issue.record("the proof does not notice")
        continue
      }
    }
  }

  @Test func aRecordThatIsLostOrTooManyIsNoticed() throws {
    for isLost in [true, false] {
      var (lowered, policy) = try Self.parts()
      for chain in lowered.table.chains.indices {
        let rules = lowered.table.chains[chain].rules
        lowered.table.chains[chain].rules = rules.flatMap { rule -> [Rule] in
          guard case .dynamicSet(_, _, _, .counter)? = rule.statements.last else { return [rule] }
          return isLost ? [] : [rule, rule]
        }
      }
      guard case .different = prove(lowered, of: policy) else {
        Issue.record("the proof does not notice")
        continue
      }
    }
  }

  private static let quarantine = """
    fwpolicy: 1
    name: p
    role: router
    zones:
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24] }
      internet: { kind: outside, interfaces: [eth0] }
    networks:
      quarantine: { dynamic: { keep: 7d, capacity: 4096 } }
      unused: { dynamic: {} }
    forward:
      - { deny: smtp, from: quarantine }
      - { reject: https, from: { zone: clients, except: quarantine }, to: quarantine, log: true }
      - { allow: any, from: clients, to: internet }
    """

  private static func quarantined() throws -> (LoweredPolicy, ResolvedPolicy) {
    let compilation = compile("p.yaml", provider: MemoryProvider(["p.yaml": quarantine]))
    return (try #require(compilation.lowered), try #require(compilation.policy))
  }

  @Test func dynamicNetworksAreSetsOfTheirNamesWhetherUsedOrNot() throws {
    let (lowered, policy) = try Self.quarantined()
    #expect(
      lowered.dynamicSets == [
        "quarantine": FamilySets(ipv4: "net-quarantine-4", ipv6: "net-quarantine-6"),
        "unused": FamilySets(ipv4: "net-unused-4", ipv6: "net-unused-6"),
      ])
    let sets = lowered.table.sets.filter(\.isFilledAtRunTime)
    #expect(
      sets.map(\.name) == [
        "net-quarantine-4", "net-quarantine-6", "net-unused-4", "net-unused-6",
      ])
    #expect(sets.map(\.timeoutSeconds) == [604_800, 604_800, nil, nil])
    #expect(sets.map(\.size) == [4096, 4096, 65_536, 65_536])
    #expect(sets.first?.comment == "network quarantine")
    guard case .equal = prove(lowered, of: policy) else {
      Issue.record("not proven")
      return
    }
  }

  @Test func everyLookUpOfMembersMatters() throws {
    var count = 0
    let (lowered, policy) = try Self.quarantined()
    for chain in lowered.table.chains.indices {
      for rule in lowered.table.chains[chain].rules.indices {
        let statements = lowered.table.chains[chain].rules[rule].statements
        for (place, statement) in statements.enumerated() {
          guard case .lookup(let key, let isNegated, let set) = statement,
            set.hasPrefix("net-quarantine")
          else { continue }
          count += 1
          let turned: Field =
            switch key.parts[0].field {
            case .ipv4Source: .ipv4Destination
            case .ipv4Destination: .ipv4Source
            case .ipv6Source: .ipv6Destination
            default: .ipv6Source
            }
          for other in [
            Statement.lookup(key, isNegated: !isNegated, set: set),
            .lookup(Key(turned), isNegated: isNegated, set: set),
            .lookup(
              key, isNegated: isNegated,
              set: set.replacing("quarantine", with: "unused")), nil,
          ] {
            var mutant = lowered
            if let other {
              mutant.table.chains[chain].rules[rule].statements[place] = other
            } else {
              mutant.table.chains[chain].rules[rule].statements.remove(at: place)
            }
            if case .equal = prove(mutant, of: policy) {
              Issue.record("\(statement) is not missed for \(String(describing: other))")
            }
          }
        }
      }
    }
    #expect(count >= 6)
  }

  @Test func aDynamicNetworkWithAnotherTimeOrSizeIsNoticed() throws {
    let edits: [(inout NamedSet) -> Void] = [
      { $0.timeoutSeconds = 1 }, { $0.size = 1 }, { $0.size = nil }, { $0.isInterval = false },
    ]
    for edit in edits {
      var (lowered, policy) = try Self.quarantined()
      let place = try #require(
        lowered.table.sets.firstIndex { $0.name == "net-unused-6" })
      edit(&lowered.table.sets[place])
      guard case .setDiffers(let difference) = prove(lowered, of: policy) else {
        Issue.record("the proof does not notice")
        continue
      }
      #expect(difference.set == "net-unused-6")
    }
    var (lowered, policy) = try Self.quarantined()
    lowered.table.sets.removeAll { $0.name == "net-unused-4" }
    guard case .setDiffers = prove(lowered, of: policy) else {
      Issue.record("a set that is not there is proven")
      return
    }
  }

  @Test func anotherTimeSizeOrOperationIsNoticed() throws {
    let edits: [(inout LoweredPolicy) -> Void] = [
      { lowered in lowered.table.sets[0].timeoutSeconds = 7201 },
      { lowered in lowered.table.sets[0].timeoutSeconds = nil },
      { lowered in lowered.table.sets[0].size = 99 },
      { lowered in lowered.table.sets[0].size = nil },
      { lowered in Self.edit(&lowered) { $2 = .add } },
    ]
    for edit in edits {
      var (lowered, policy) = try Self.parts()
      edit(&lowered)
      guard case .setDiffers(let difference) = prove(lowered, of: policy) else {
        Issue.record("the proof does not notice")
        continue
      }
      #expect(difference.set.hasPrefix("offenders-"))
      let diagnostics = prove(lowered, of: policy).diagnostics(of: lowered, policy: policy)
      #expect(diagnostics.map(\.code) == [.meaningDiffers])
    }
  }
}
