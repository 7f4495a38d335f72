import Foundation
import TestSupport
import Testing

/// The program as a process: exit status, and what goes where.
///
/// No test lets `apply` come as far as the kernel.
@Suite struct CommandLineTests {
  private static let good = "fwpolicy: 1\nname: mx1\ninbound:\n  - { allow: smtp }\n"
  private static let bad = "fwpolicy: 1\nname: mx1\ninbound:\n  - { allow: smpt }\n"

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(Self.good, to: "good.yaml")
    try folder.write(Self.bad, to: "bad.yaml")
  }

  private struct Outcome {
    var status: Int32
    var output: String
    var talk: String
  }

  /// Runs the program of this build in the test's folder.
  private func run(_ arguments: [String], input: String = "", environment: [String: String] = [:])
    throws -> Outcome
  {
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "fwpolicy")
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: folder.path)
    process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
    // Files and not pipes: neither side can wait for the other.
    let number = UUID().uuidString
    let outputs = try ["in", "out", "err"].map {
      try folder.write($0 == "in" ? input : "", to: ".\(number).\($0)")
    }
    process.standardInput = try FileHandle(forReadingFrom: URL(filePath: outputs[0]))
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: outputs[1]))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: outputs[2]))
    try process.run()
    process.waitUntilExit()
    let outcome = Outcome(
      status: process.terminationStatus, output: try folder.text(of: ".\(number).out"),
      talk: try folder.text(of: ".\(number).err"))
    for path in outputs { try FileManager.default.removeItem(atPath: path) }
    return outcome
  }

  @Test func checkSaysNothingOnStandardOutputOfACleanPolicy() throws {
    let outcome = try run(["check", "good.yaml"])
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    #expect(outcome.talk == "no problems in good.yaml\n")
  }

  @Test func checkWritesDiagnosticsToStandardOutput() throws {
    let outcome = try run(["check", "bad.yaml", "--diagnostics", "concise"])
    #expect(outcome.status == 1)
    #expect(outcome.output.hasPrefix("bad.yaml:4:14: error[FW101]: "))
    #expect(outcome.talk.isEmpty)
  }

  @Test func checkOfSeveralPoliciesExitsByTheWorst() throws {
    let outcome = try run(["check", "good.yaml", "bad.yaml", "none.yaml"])
    #expect(outcome.status == 2)
    #expect(outcome.output.contains("none.yaml"))
    #expect(outcome.output.contains("bad.yaml:4:14"))
  }

  @Test(arguments: ["json", "sarif"])
  func documentsAreWholeEvenWithoutDiagnostics(format: String) throws {
    let outcome = try run(["check", "good.yaml", "--format", format])
    #expect(outcome.status == 0)
    #expect(throws: Never.self) {
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    }
  }

  @Test func compileWritesTheRulesetToStandardOutput() throws {
    let outcome = try run(["compile", "good.yaml"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("table inet fwpolicy {"))
    #expect(outcome.talk.isEmpty)
  }

  @Test func compileOfAPolicyWithErrorsWritesNothing() throws {
    let outcome = try run(["compile", "bad.yaml", "-o", "out.nft"])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.talk.contains("error[FW101]"))
    #expect(try folder.names() == ["bad.yaml", "good.yaml"])
  }

  @Test func compileToAFileIsSilentAndEqualToStandardOutput() throws {
    let outcome = try run(["compile", "good.yaml", "-o", "out.nft"])
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    #expect(try folder.text(of: "out.nft") == run(["compile", "good.yaml"]).output)
    #expect(try folder.names() == ["bad.yaml", "good.yaml", "out.nft"])
  }

  @Test func compileToAMissingFolderCouldNotRun() throws {
    let outcome = try run(["compile", "good.yaml", "-o", "none/out.nft"])
    #expect(outcome.status == 2)
    #expect(
      outcome.talk == "fwpolicy: `none/out.nft` cannot be written: No such file or directory\n")
  }

  @Test func standardInputIsAPolicy() throws {
    let outcome = try run(["compile", "-"], input: Self.good)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("table inet fwpolicy {"))
    let wrong = try run(["check", "-", "--diagnostics", "concise"], input: Self.bad)
    #expect(wrong.output.hasPrefix("<stdin>:4:14: "))
  }

  @Test func productsDependOnInputsAndNotOnTheirPlace() throws {
    try folder.write(Self.good, to: "deep/down/good.yaml")
    let here = try run(["compile", "good.yaml"]).output
    #expect(try run(["compile", "deep/down/good.yaml"]).output == here)
    #expect(try run(["compile", folder("good.yaml")]).output == here)
  }

  @Test func settingsAndValuesGiveVariables() throws {
    try folder.write(
      "fwpolicy: 1\nname: mx1\nvariables: { port: tcp/1 }\ninbound:\n  - { allow: \"${port}\" }\n",
      to: "v.yaml")
    try folder.write("port: tcp/2222\n", to: "values.yaml")
    let values = try run(["compile", "v.yaml", "--values", "values.yaml"])
    #expect(values.status == 0)
    #expect(values.output.contains("2222"))
    let set = try run(["compile", "v.yaml", "--values", "values.yaml", "--set", "port=tcp/3333"])
    #expect(set.status == 0)
    #expect(set.output.contains("3333") && !set.output.contains("2222"))
    #expect(try run(["check", "v.yaml", "--values", "none.yaml"]).status == 2)
  }

  @Test(arguments: [
    ["frobnicate"], ["check"], ["check", "good.yaml", "--set", "novalue"],
    ["check", "good.yaml", "--color", "mauve"], ["compile", "good.yaml", "--format", "pf"],
    ["explain", "FW000"], ["check", "-", "-"],
  ])
  func wrongUsageExits64(arguments: [String]) throws {
    let outcome = try run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
  }

  /// What is planned is not there until it works.
  @Test(arguments: [
    "diff", "query", "test", "status", "offenders", "counters", "watch", "metrics", "report",
    "schema", "fmt", "init", "rollback", "confirm", "history",
  ])
  func thereAreNoStubs(command: String) throws {
    #expect(try run([command, "good.yaml"]).status == 64)
  }

  @Test(arguments: [
    ["check"], ["compile"], ["apply"], ["list"], ["list", "services"], ["explain"],
  ])
  func everyCommandHasHelpWithAnExample(command: [String]) throws {
    let outcome = try run(command + ["--help"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("Example"))
  }

  @Test func colourIsByRequestOnly() throws {
    #expect(try !run(["check", "bad.yaml"]).output.contains("\u{1B}"))
    #expect(try run(["check", "bad.yaml", "--color", "always"]).output.contains("\u{1B}"))
  }

  @Test func fullDiskIsAFailure() throws {
    let outcome = try run(["compile", "good.yaml", "-o", "/dev/full"])
    #expect(outcome.status == 2)
  }

  @Test func readerThatGoesAwayIsNoFailure() throws {
    let program = CommandLine.arguments[0].split(separator: "/").dropLast().joined(separator: "/")
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = [
      "-c", "{ sleep 0.3; /\(program)/fwpolicy compile good.yaml 2>err; echo $? >status; } | true",
    ]
    shell.currentDirectoryURL = URL(filePath: folder.path)
    try shell.run()
    shell.waitUntilExit()
    #expect(try folder.text(of: "status") == "0\n")
    #expect(try folder.text(of: "err").isEmpty)
  }

  @Test func applyOfAPolicyWithErrorsStopsBeforeTheKernel() throws {
    let outcome = try run(["apply", "--dry-run", "bad.yaml"])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
  }

  @Test func servicesAreListedForPeopleAndPrograms() throws {
    #expect(try run(["list", "services"]).output.contains("\nsmtp "))
    let json = try run(["list", "services", "--format", "json"]).output
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    #expect(object?["version"] as? Int == 1)
    #expect((object?["services"] as? [Any])?.isEmpty == false)
  }

  @Test func codesAreExplainedByNumberAndName() throws {
    let byCode = try run(["explain", "fw101"])
    #expect(byCode.status == 0)
    #expect(byCode.output.hasPrefix("FW101: unknown-name\n\n"))
    #expect(try run(["explain", "unknown-name"]).output == byCode.output)
  }
}
