import Foundation
import TestSupport
import Testing

/// What `fwpolicy diff` says about pairs of policies, in all three forms, byte for byte.
///
/// A folder each, with old.yaml and new.yaml. How long a difference may be is part of what is kept.
@Suite struct DiffTests {
  struct Pair: Sendable, CustomTestStringConvertible {
    let folder: URL
    var testDescription: String { folder.lastPathComponent }
  }

  static let pairs: [Pair] = {
    let parent = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Diffs")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    precondition(names.count > 10, "Diffs holds too few pairs")
    return names.sorted().map { Pair(folder: parent.appending(path: $0)) }
  }()

  @Test(arguments: pairs)
  func differencesAreToldInTheCommittedWords(_ pair: Pair) throws {
    for (format, file) in [("text", "txt"), ("markdown", "md"), ("json", "json")] {
      let outcome = try run(["diff", "--format", format, "old.yaml", "new.yaml"], in: pair.folder)
      #expect(outcome.talk.isEmpty, "\(outcome.talk)")
      expectGolden(
        Array("exit \(outcome.status)\n\(outcome.output)".utf8),
        at: pair.folder.appending(path: "diff.\(file)"))
      if format == "text" { #expect(outcome.output.split(separator: "\n").count < 130) }
    }
  }

  /// Nobody is surprised by the way back: what is opened one way is closed the other.
  @Test(arguments: pairs)
  func theWayBackIsTheOpposite(_ pair: Pair) throws {
    func summary(_ arguments: [String]) throws -> [Substring] {
      let output = try run(["diff"] + arguments, in: pair.folder).output
      return output.split(separator: "\n").last?.split(separator: " ") ?? []
    }
    let there = try summary(["old.yaml", "new.yaml"])
    let back = try summary(["new.yaml", "old.yaml"])
    #expect(there.count > 6)
    #expect(there.first == back.dropFirst(2).first)
    #expect(there.dropFirst(2).first == back.first)
  }

  private func run(
    _ arguments: [String], in folder: URL
  ) throws -> (status: Int32, output: String, talk: String) {
    let process = Process()
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "fwpolicy")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ["PATH": "/usr/bin:/bin"]
    let scratch = try TemporaryFolder()
    let (output, talk) = (try scratch.write("", to: "out"), try scratch.write("", to: "err"))
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: talk))
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try scratch.text(of: "out"), try scratch.text(of: "err"))
  }
}
