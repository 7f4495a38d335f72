import Compiler
import Diagnostics
import Evidence
import Glibc
import Kernel
import Lowering
import NetworkTypes
import Nftables
import PolicyLanguage

/// A policy, and the table of the kernel's that was made from it or from another version of it.
struct LivePolicy {
  var policy: ResolvedPolicy
  var lowered: LoweredPolicy
  var sources: SourceMap
  var digest: String

  /// The policy at a path; a status, and said why, where it has errors.
  static func read(
    _ path: String, _ options: PolicyOptions, _ report: ReportOptions
  ) throws -> Result<LivePolicy, Failure> {
    let (compilation, prefix) = try options.compile(path, proves: false)
    report.say(compilation, rootPrefix: prefix)
    guard let lowered = compilation.lowered, let policy = compilation.policy,
      !compilation.hasErrors
    else { return .failure(Failure(status: compilation.couldNotRun ? .couldNotRun : .no)) }
    return .success(
      LivePolicy(
        policy: policy, lowered: lowered, sources: compilation.sources,
        digest: compilation.digest))
  }

  struct Failure: Error {
    var status: ExitStatus
  }

  /// What the kernel's table was made from.
  enum Version: Equatable {
    /// This very version of the policy.
    case current
    /// Another version, and what the table says of itself.
    case other(String)
    /// No policy of ours.
    case foreign
    /// There is no table.
    case missing

    /// Nil where the table has nothing to tell of the policy.
    var isCurrent: Bool? {
      switch self {
      case .current: true
      case .other: false
      case .foreign, .missing: nil
      }
    }
  }

  func version(_ socket: borrowing NetlinkSocket) throws(NetlinkError) -> Version {
    guard let state = try Dump.tableState(named: policy.table, socket) else { return .missing }
    guard let version = try Dump.version(of: state, socket), version.hasPrefix("fwpolicy ") else {
      return .foreign
    }
    return version == lowered.table.comment ? .current : .other(version)
  }

  /// What is to be said of a version; nil of this one.
  func notice(of version: Version) -> String? {
    switch version {
    case .current: nil
    case .other(let version):
      "warning: the kernel's table is not of this version of the policy: it says "
        + "`\(version.visible)`; what both have is told, and what only the table has is `unknown`"
    case .foreign:
      "the kernel's `table inet \(policy.table)` was not made by fwpolicy: it has nothing to tell of "
        + "this policy"
    case .missing:
      "the kernel has no `table inet \(policy.table)`: `fwpolicy apply` puts the policy into force"
    }
  }

  /// Whether the kernel's table is of this very version, and said where not; nil where there is no
  /// table.
  func isCurrent(_ socket: borrowing NetlinkSocket) throws(NetlinkError) -> Bool? {
    let version = try version(socket)
    if let notice = notice(of: version) { Terminal.say("fwpolicy: \(notice)\n") }
    return version.isCurrent
  }

  /// Whom the kernel remembers, and of which families it has no room for more; nil where the table in
  /// force records nobody.
  func offenders(_ socket: borrowing NetlinkSocket) throws(NetlinkError) -> (
    readings: [OffenderReading], full: [AddressFamily]
  )? {
    guard let names = lowered.offenderSets else { return nil }
    let sets = try Dump.setsFilledInForce(ofTable: policy.table, socket)
    var result: (readings: [OffenderReading], full: [AddressFamily])?
    for (family, name) in [(AddressFamily.ipv4, names.ipv4), (.ipv6, names.ipv6)] {
      guard let set = sets.first(where: { $0.name == name }) else { continue }
      let content = try Dump.content(of: set, inTable: policy.table, socket)
      result = result ?? ([], [])
      result?.readings += content.map { OffenderReading($0, family) }
      if let size = set.size, content.count >= Int(size) { result?.full.append(family) }
    }
    return result
  }

  static var now: Timestamp { Timestamp(seconds: Int64(time(nil))) }
}
