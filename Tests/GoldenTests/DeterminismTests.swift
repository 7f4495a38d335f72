import Compiler
import Diagnostics
import Foundation
import Lowering
import PolicyLanguage
import TestSupport
import Testing

/// The same inputs give the same bytes: twice in a process, and wherever the program stands.
@Suite struct DeterminismTests {
  @Test(arguments: GoldenCase.accepted)
  func compilingTwiceGivesTheSameBytes(_ golden: GoldenCase) throws {
    func products() throws -> [[UInt8]] {
      let compilation = try golden.compiled()
      let lowered = try #require(compilation.lowered)
      return try OutputFormat.allCases.map { try #require(compilation.product($0)) }
        + [try recordedBatch(of: lowered.table)]
    }
    #expect(try products() == products())
  }

  /// The digest, like that of a comment, is of what was read.
  @Test func testsCompileToNothing() throws {
    let head = "fwpolicy: 1\nname: p\ninbound: [{ allow: ssh, expires: 2027-06-30 }]\n"
    let tests = "tests:\n  - { expect: allow, to: self, service: ssh, as-of: 2027-01-01 }\n"
    func products(_ text: String) throws -> [[UInt8]] {
      let compilation = compile("p.yaml", provider: MemoryProvider(["p.yaml": text]))
      let policy = try #require(compilation.policy)
      let lowered = try #require(
        lower(policy, sources: compilation.sources, digest: "0").value)
      return OutputFormat.allCases.map {
        $0.product(of: lowered, policy: policy, digest: "0", isProven: true)
      }
        + [try recordedBatch(of: lowered.table)]
    }
    #expect(try products(head + tests) == products(head))
  }

  /// Another process has other hash seeds, too.
  @Test(arguments: GoldenCase.accepted)
  func anotherProcessElsewhereGivesTheSameBytes(_ golden: GoldenCase) throws {
    let folder = try TemporaryFolder()
    for format in OutputFormat.allCases {
      let committed = try Data(
        contentsOf: golden.folder.appending(path: "compiled.\(format.rawValue)"))
      for (place, path) in [
        (golden.folder.path, "policy.yaml"), (folder.path, golden.policy.path),
      ] {
        let output = folder("\(UUID().uuidString).out")
        let process = Process()
        process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
          .appending(path: "fwpolicy")
        process.arguments = ["compile", path, "--format", format.rawValue, "-o", output]
        process.currentDirectoryURL = URL(filePath: place)
        process.environment = ["TZ": "Pacific/Auckland", "LC_ALL": "tr_TR.UTF-8"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try Data(contentsOf: URL(filePath: output)) == committed, "from \(place)")
      }
    }
  }
}
