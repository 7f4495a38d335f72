package import Kernel
package import Nftables
package import PacketSpace
import PolicyAnalysis

/// What the kernel filters now, as one side of a comparison with a policy.
///
/// There is no policy behind it: its meaning is the ruleset's, and what it does is laid to nft rules.
package struct LiveRuleset: Sendable {
  /// Why the kernel's ruleset cannot be compared.
  package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(TableReadError)
    /// The interpreter does not know what the kernel would do there; nil where it is nowhere.
    case meaningless(RulesetMeaningError, KernelPlace?)
    case outOfSpace(PacketSpaceError)

    package var description: String {
      switch self {
      case .unreadable(let error): error.description
      case .meaningless(let error, let place):
        "\(place.map { "\($0)" } ?? error.name): \(error.kind)"
      case .outOfSpace(let error): error.description
      }
    }
  }

  package let tableName: String
  /// Nil where the kernel has no table of the name: nothing is filtered, and everything that a policy
  /// does is a change.
  package let kernelTable: KernelTable?

  /// Reads the table of a name.
  package init(
    tableNamed name: String, transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(Failure) {
    tableName = name
    do throws(TableReadError) {
      kernelTable = try Dump.table(named: name, transport)
    } catch {
      throw .unreadable(error)
    }
  }

  /// Of a table that was read already.
  package init(tableName: String, kernelTable: KernelTable?) {
    self.tableName = tableName
    self.kernelTable = kernelTable
  }

  /// What is compared, for a heading.
  package var description: String {
    guard let kernelTable else { return "no table inet \(tableName) in the kernel: no filter" }
    return "table inet \(tableName) in the kernel, generation \(kernelTable.reading.generation)"
  }

  /// The classes that tell apart what some policies do and what the table does too.
  package func interfaces(with classes: InterfaceClasses) -> InterfaceClasses {
    guard let names = kernelTable?.table.interfaceNames else { return classes }
    return classes.adding(exact: names.exact, stems: names.stems)
  }

  /// What every possible packet meets; numbers of `numbering`, and 0 where no packet can be.
  ///
  /// - Parameters:
  ///   - interfaces: from `interfaces(with:)`.
  ///   - limiters: of this table; the packets of `possible` must have room for all of its numbers.
  package func meaning(
    in arena: PacketArena, interfaces: InterfaceClasses, limiters: LiveLimiters,
    possible: PacketSet, numbering: inout Numbering<Outcome?>
  ) throws(Failure) -> Diagram {
    guard let kernelTable else {
      let nothing = numbering.number(of: nil)
      precondition(nothing == 0, "number 0 is for what no packet can be")
      let accepted = numbering.number(of: Outcome(.accept))
      do throws(PacketSpaceError) {
        return try arena.map(possible.diagram) { $0 == 0 ? 0 : accepted }
      } catch {
        throw .outOfSpace(error)
      }
    }
    do throws(RulesetMeaningError) {
      return try RulesetMeaning(
        of: kernelTable.table, in: arena, interfaces: interfaces, possible: possible,
        limiter: { limiters[$0] }, network: { limiters.network($0) }, record: Self.recordName,
        numbering: &numbering
      ).diagram
    } catch {
      throw failure(error)
    }
  }

  /// A rule that had a say about a packet, or the policy of a chain at its end.
  package struct Step: Hashable, Sendable, CustomStringConvertible {
    package let place: KernelPlace
    /// Never `passed` or `stopped`.
    package let result: RulesetTrace.Step.Result

    package var description: String {
      switch result {
      case .passed, .stopped: "\(place)"
      case .policy(let policy): "policy \(policy == .accept ? "accept" : "drop") of \(place)"
      case .reject(.tcpReset): "\(place): reject with tcp reset"
      case .reject(.adminProhibited): "\(place): reject"
      case .verdict(.accept): "\(place): accept"
      case .verdict(.drop): "\(place): drop"
      case .verdict(.return): "\(place): return"
      case .verdict(.jump(let chain)): "\(place): jump \(chain)"
      case .verdict(.goto(let chain)): "\(place): goto \(chain)"
      }
    }
  }

  /// What one packet meets, and who had a say on its way; the last of them decides.
  ///
  /// Nobody where there is no table. Linear in the rules on the way and in the elements of the sets
  /// that they look at.
  package func trace(
    of values: @escaping (Dimension) -> UInt128, interfaces: InterfaceClasses,
    limiters: LiveLimiters
  ) throws(Failure) -> (outcome: Outcome, steps: [Step]) {
    guard let kernelTable else { return (Outcome(.accept), []) }
    do throws(RulesetMeaningError) {
      let (outcome, steps) = try RulesetTrace(
        of: kernelTable.table, interfaces: interfaces, limiter: { limiters[$0] },
        network: { limiters.network($0) }, record: Self.recordName
      ).outcome(of: values)
      return (
        outcome,
        steps.compactMap { step in
          switch step.result {
          case .passed, .stopped: nil
          case .verdict, .reject, .policy:
            kernelTable.place(of: step.origin).map { Step(place: $0, result: step.result) }
          }
        }
      )
    } catch {
      throw failure(error)
    }
  }

  /// The policy's word for a record, by the names that tables of policies have.
  private static func recordName(_ place: RecordPlace) -> String {
    let sets = [
      RecordPlace(set: "offenders-4", .source, prefixLength: 32),
      RecordPlace(set: "offenders-6", .source, prefixLength: 64),
    ]
    if sets.contains(place), case .record(let name) = Outcome.Effect.offender { return name }
    return "\(place)"
  }

  private func failure(_ error: RulesetMeaningError) -> Failure {
    if case .packetSpace(let error) = error.kind { return .outOfSpace(error) }
    return .meaningless(error, kernelTable?.place(of: error.origin))
  }
}

extension Table {
  /// The names and stems of patterns that occur.
  package var interfaceNames: (exact: Set<String>, stems: Set<String>) {
    var exact: Set<String> = []
    var stems: Set<String> = []
    for rule in chains.lazy.flatMap(\.rules) {
      for case .compareInterface(_, _, let name, let isWildcard) in rule.statements {
        if isWildcard { stems.insert(name) } else { exact.insert(name) }
      }
    }
    for set in sets where set.key.contains(.interfaceName) {
      guard case .tuples(let elements) = set.elements else { continue }
      for element in elements {
        for case .interface(let name) in element.key { exact.insert(name) }
      }
    }
    return (exact, stems)
  }
}
