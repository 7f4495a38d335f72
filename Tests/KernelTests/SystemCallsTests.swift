import Foundation
import TestSupport
import Testing

/// What `fwpolicy apply` asks of the system, as strace sees it.
@Suite struct SystemCallsTests {
  /// The program of this build.
  static let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "fwpolicy").path

  @Test(arguments: PolicyCase.all)
  func applySendsOneBatchAndStartsNoProgram(_ policyCase: PolicyCase) throws {
    let namespace = try NetworkNamespace()
    let folder = try TemporaryFolder()
    let trace = folder("trace.txt")
    let outcome = try namespace.attempt([
      "env", "-u", "SSH_CONNECTION", "strace", "-f", "-s", "64", "-o", trace, "-e",
      "trace=sendmsg,sendto,sendmmsg,write,execve,execveat", Self.program, "apply",
      policyCase.folder.appending(path: "policy.yaml").path,
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let calls = try folder.text(of: "trace.txt").split(separator: "\n")
    let batches = calls.filter { $0.contains("NFNL_MSG_BATCH_BEGIN") }
    #expect(batches.count == 1, "\(batches)")
    // The whole of it, in one piece.
    #expect(batches.first?.contains(/= [0-9]+$/) == true)
    let programs = calls.filter { $0.contains("execve") }
    #expect(programs.count == 1, "\(programs)")
    #expect(try namespace.run(["nft", "list", "tables"]).contains("table inet "))
  }

  /// A dry run sends the batch too, and without its end.
  @Test func aDryRunLeavesNothing() throws {
    let namespace = try NetworkNamespace()
    let outcome = try namespace.attempt([
      "env", "-u", "SSH_CONNECTION", Self.program, "apply", "--dry-run",
      PolicyCase.all[0].folder.appending(path: "policy.yaml").path,
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try namespace.run(["nft", "list", "ruleset"]) == "")
  }
}
