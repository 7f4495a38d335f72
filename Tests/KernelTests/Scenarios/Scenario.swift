import Foundation
import NetworkTypes
import Nftables
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// One story told with real packets: a policy, a lab, and what must be seen.
///
/// `tell` gives back everything that was not as it must be; nothing, if all is well. Mutants of the
/// ruleset are put into the same lab, so that a story that cannot fail is found out.
struct Scenario: Sendable, CustomTestStringConvertible {
  let name: String
  /// The policy's text; a function, because some need the time.
  let policy: @Sendable () -> String
  var wiring = LabWiring(
    interfaces: ["eth0", "bng1", "eth2"],
    routes: [
      ("198.51.100.0/24", "bng1"), ("2001:db8:b::/48", "bng1"), ("203.0.113.128/25", "eth2"),
      ("2001:db8:5::/48", "eth2"),
    ])
  let tell: @Sendable (inout Story) throws -> Void

  var testDescription: String { name }

  /// How much later than usual a policy's dates are.
  @TaskLocal private static var delay: Double = 1

  /// A date for a policy that ends while its story is told; later where a busy machine was too late.
  static func moment(inSeconds seconds: Double) -> Date {
    Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + seconds * delay).rounded(.up))
  }

  /// Runs it with a ruleset that may have been changed; returns what was wrong.
  ///
  /// A story that was told too late is told once more, with dates further away.
  func run(_ change: (inout Table) -> Void = { _ in }) throws -> [String] {
    for delay in [1.0, 4] {
      let story = try Self.$delay.withValue(delay) { try tellOnce(change) }
      if !story.isLate { return story.complaints }
    }
    return try Self.$delay.withValue(12) {
      let story = try tellOnce(change)
      return story.complaints + (story.isLate ? ["told too late, three times"] : [])
    }
  }

  private func tellOnce(_ change: (inout Table) -> Void) throws -> Story {
    var subject = try PolicyUnderTest(policy())
    change(&subject.table)
    let lab = try PacketLab(wiring)
    try lab.load(subject.ruleset)
    var story = Story(lab: lab, subject: subject)
    try tell(&story)
    return story
  }
}

/// What a scenario tells with: the lab, the compiled policy, and a list of complaints.
struct Story {
  let lab: PacketLab
  let subject: PolicyUnderTest
  private(set) var complaints: [String] = []
  /// Whether a date of the policy came before what had to be seen before it.
  private(set) var isLate = false

  init(lab: PacketLab, subject: PolicyUnderTest) {
    self.lab = lab
    self.subject = subject
  }

  mutating func expect<Value: Equatable>(_ what: String, _ found: Value, is wanted: Value) {
    if found != wanted { complaints.append("\(what): \(found) instead of \(wanted)") }
  }

  /// What was told up to here was about the time before a date.
  mutating func mustBeBefore(_ date: Timestamp) {
    if Date().timeIntervalSince1970 > Double(date.seconds) - 0.1 { isLate = true }
  }

  static func wait(until date: Timestamp, _ offset: Double) {
    let left = Double(date.seconds) + offset - Date().timeIntervalSince1970
    if left > 0 { Thread.sleep(forTimeInterval: left) }
  }

  /// Boundary packets of the policy must fare in the kernel as the policy says.
  mutating func expectMeaning(packets count: Int, only filter: (Packet) -> Bool = { _ in true })
    throws
  {
    var boundary = BoundaryPackets(
      for: subject.policy, wiring: lab.wiring, generator: SeededGenerator(label: "scenario"))
    let packets = try lab.withReversePaths(boundary.packets(count).filter(filter))
    let wrong = try lab.disagreements(with: PolicyMeaning(of: subject.policy), about: packets)
    complaints += wrong.map(\.description)
  }
}

/// Where things are in the lab.
enum Place {
  /// The machine's own addresses.
  static let own4 = "192.0.2.254"
  static let own6 = "2001:db8:fe::fe"
  /// A stranger on the internet.
  static let stranger4 = LabEnd.world("203.0.113.7", by: "eth0")
  static let stranger6 = LabEnd.world("2001:db8:77::7", by: "eth0")
  /// A client behind a BNG interface.
  static let client4 = LabEnd.world("198.51.100.77", by: "bng1")
  static let client6 = LabEnd.world("2001:db8:b::77", by: "bng1")
}
