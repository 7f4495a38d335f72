import Compiler
import Diagnostics
import Foundation
import Lowering
import PolicyLanguage
import TestSupport
import Testing

/// A policy on the program's own road, up to the table.
struct CompiledPolicy {
  let policy: ResolvedPolicy
  var lowered: LoweredPolicy
  let compilation: Compilation

  private init(_ compilation: Compilation) throws {
    self.compilation = compilation
    let (policy, lowered) = (compilation.policy, compilation.lowered)
    self.policy = try #require(policy, "\(compilation.diagnostics.map(\.message))")
    self.lowered = try #require(lowered, "\(compilation.diagnostics.map(\.message))")
  }

  /// From files that exist only in a test.
  init(_ text: String, files: [String: String] = [:]) throws {
    let files = files.merging(["policy.yaml": text]) { _, new in new }
    try self.init(compile("policy.yaml", provider: MemoryProvider(files)))
  }

  init(_ policyCase: PolicyCase) throws {
    let path = policyCase.folder.appending(path: "policy.yaml").path
    try self.init(compile(path, provider: try FileSystemProvider(policy: path)))
  }

  func product(_ format: OutputFormat) -> String {
    String(
      decoding: format.product(
        of: lowered, policy: policy, digest: compilation.digest, isProven: true),
      as: UTF8.self)
  }
}
