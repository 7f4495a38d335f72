import Foundation
import TestSupport

/// A program run in a test's folder: exit status, and what goes where.
enum ProgramRun {
  /// The program of this build.
  static func fwpolicy(
    _ arguments: [String], input: String = "", environment: [String: String] = [:],
    in folder: TemporaryFolder, below path: String = ""
  ) throws -> (status: Int32, output: String, talk: String) {
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "fwpolicy")
    return try run(
      program.path, arguments, input: input, environment: environment, in: folder, below: path)
  }

  /// A program by its path, or by its name in /usr/bin.
  static func run(
    _ program: String, _ arguments: [String], input: String = "",
    environment: [String: String] = [:], in folder: TemporaryFolder, below path: String = ""
  ) throws -> (status: Int32, output: String, talk: String) {
    let process = Process()
    process.executableURL = URL(
      filePath: program.hasPrefix("/") ? program : "/usr/bin/\(program)")
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: folder.path).appending(path: path)
    process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
    // Files and not pipes: neither side can wait for the other. They lie elsewhere, so that the
    // folder holds what the program makes of it.
    let elsewhere = try TemporaryFolder()
    let outputs = try ["in", "out", "err"].map {
      try elsewhere.write($0 == "in" ? input : "", to: $0)
    }
    process.standardInput = try FileHandle(forReadingFrom: URL(filePath: outputs[0]))
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: outputs[1]))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: outputs[2]))
    try process.run()
    process.waitUntilExit()
    return (
      process.terminationStatus, try elsewhere.text(of: "out"), try elsewhere.text(of: "err")
    )
  }
}
