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
    // Beside the batch of nothing that waits for others' commits.
    let batches = calls.filter { $0.contains("NFNL_MSG_BATCH_BEGIN") && $0.contains("NFT_MSG_") }
    #expect(batches.count == 1, "\(batches)")
    // The whole of it, in one piece.
    #expect(batches.first?.contains(/= [0-9]+$/) == true)
    let programs = calls.filter { $0.contains("execve") }
    #expect(programs.count == 1, "\(programs)")
    #expect(try namespace.run(["nft", "list", "tables"]).contains("table inet "))
  }

  /// sudo drops SSH_CONNECTION: on a terminal as sshd gives one out, its user is told.
  @Test(arguments: [
    (["SUDO_USER=operator"], true, true), (["SUDO_USER=operator"], false, false),
    ([], true, false),
    (["SUDO_USER=operator", "SSH_CONNECTION=127.0.0.1 50000 127.0.0.1 22"], true, false),
  ])
  func applyUnderSudoSaysThatItSeesNoSession(
    environment: [String], onTerminal: Bool, isTold: Bool
  ) throws {
    let namespace = try NetworkNamespace()
    let apply = [
      Self.program, "apply", "--dry-run",
      PolicyCase.all[0].folder.appending(path: "policy.yaml").path,
    ]
    let command = ["env", "-u", "SSH_CONNECTION", "-u", "SUDO_USER"] + environment
    let words = (command + apply).map { "'\($0)'" }.joined(separator: " ")
    let outcome = try namespace.attempt(
      onTerminal ? ["script", "-qec", words, "/dev/null"] : command + apply)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let told = (outcome.output + outcome.errors).contains("note[FW708]")
    #expect(told == isTold)
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
