import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

/// Rows of the gate's inventory as checks see them: exceptions, where they are `allowed`.
extension CheckContext {
  /// How many rows a finding shows; of the rest, how many there are.
  private static let shownRows = 4

  /// The rows that are in force, by index.
  var livingSubnets: [Int] {
    guard let gate = policy.smtpEgress else { return [] }
    return gate.subnets.indices.filter { index in
      gate.subnets[index].expires.map { $0 > options.asOf } ?? true
    }
  }

  /// The sources that some row in force lets send mail anywhere, longer rows inside them considered.
  ///
  /// n log n in the rows.
  var allowedSubnetSources: AddressSet {
    guard let gate = policy.smtpEgress else { return AddressSet() }
    let living = livingSubnets.map { gate.subnets[$0] }
    let counting = CountingSubnets(of: living)
    func intervals<Bound>(_ runs: [CountingSubnets.Run]) -> [IntervalSet<Bound>.Interval] {
      runs.filter { living[$0.row].answer == .allowed }.map {
        .init(Bound(truncatingIfNeeded: $0.lower), Bound(truncatingIfNeeded: $0.upper))
      }
    }
    return AddressSet(
      ipv4: IntervalSet(intervals(counting.ipv4)), ipv6: IntervalSet(intervals(counting.ipv6)))
  }

  /// What waives findings about rows, of whatever file.
  var subnetWaivers: [Waiver] {
    (policy.smtpEgress?.inventories ?? []).flatMap(\.waivers) + (written.smtpEgress?.waivers ?? [])
  }

  /// One finding for each inventory that has some of these rows, however many.
  ///
  /// - Parameters:
  ///   - rows: ascending indices.
  ///   - label: what is said at a row.
  ///   - place: of a row, for its label.
  ///   - date: as of which mail of the first row is shown; nil for before every expiry.
  func findings(
    aboutSubnets rows: [Int], _ message: (_ count: Int, _ what: String) -> String,
    label: (Subnet) -> String, at place: (Subnet) -> SourceSpan = \.span,
    asOf date: Timestamp?, help: [Diagnostic.Help]
  ) throws(PacketSpaceError) -> [Finding] {
    guard let gate = policy.smtpEgress, !rows.isEmpty else { return [] }
    var findings: [Finding] = []
    var next = 0
    for inventory in gate.inventories {
      let start = next
      while next < rows.count, rows[next] < inventory.rows.upperBound { next += 1 }
      let own = rows[start..<next].map { gate.subnets[$0] }
      guard let first = own.first else { continue }
      let more = own.count - Self.shownRows
      findings.append(
        Finding(
          message(own.count, own.count == 1 ? "row `\(first.name)`" : "\(own.count) rows"),
          at: inventory.file == nil ? gate.subnetsSpan ?? inventory.span : inventory.span,
          secondary: own.prefix(Self.shownRows).map { row in
            .init(place(row), (row.row.map { "row \($0): " } ?? "") + label(row))
          },
          notes: [
            more > 0 ? "and \(more) more \(more == 1 ? "row" : "rows")" : nil,
            first.answer == .allowed
              ? try exampleOfExemptMail(from: first.prefix.addresses, asOf: date) : nil,
          ], help: help,
          waivers: inventory.waivers + (written.smtpEgress?.waivers ?? [])))
    }
    return findings
  }
}
