import Compiler
import Diagnostics
import Glibc
import Kernel
import Lowering
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

  /// Whether the kernel's table is of this very version; nil, and said, where there is no table.
  func isCurrent(_ socket: borrowing NetlinkSocket, warns: Bool = true) throws(NetlinkError)
    -> Bool?
  {
    guard let state = try Dump.tableState(named: policy.table, socket) else {
      Terminal.say(
        "fwpolicy: the kernel has no `table inet \(policy.table)`: `fwpolicy apply` puts the policy "
          + "into force\n")
      return nil
    }
    let version = try Dump.version(of: state, socket)
    if version == lowered.table.comment { return true }
    if warns {
      Terminal.say(
        "fwpolicy: warning: the kernel's table is not of this version of the policy: it says "
          + "`\((version ?? "").visible)`; what both have is told, and what only the table has is "
          + "`unknown`\n")
    }
    return false
  }

  /// A set of the policy's, as the kernel has it.
  func content(
    of name: String, among sets: [NamedSet], _ socket: borrowing NetlinkSocket
  ) throws(NetlinkError) -> [SetElement] {
    guard let set = sets.first(where: { $0.name == name }) else { return [] }
    return try Dump.content(of: set, inTable: policy.table, socket)
  }

  static var now: Timestamp { Timestamp(seconds: Int64(time(nil))) }
}
