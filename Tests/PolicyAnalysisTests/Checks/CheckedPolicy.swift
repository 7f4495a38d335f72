import Compiler
import Diagnostics
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// A policy's text, compiled and checked.
struct CheckedPolicy {
  let compilation: Compilation

  /// - Parameter lints: whether FW300 to FW599 count, too.
  init(
    _ text: String, all: Bool = false, lints: Bool = false, files: [String: String] = [:],
    overrides: VariableOverrides = VariableOverrides()
  ) {
    var files = files
    files["policy.yaml"] = text
    var compilation = Compiler.compile(
      "policy.yaml", provider: MemoryProvider(files), overrides: overrides, proves: false)
    // Examples speak of dates: the first day of 2027.
    compilation.runChecks(
      CheckOptions(listsAll: all, asOf: Timestamp(seconds: 1_798_761_600)))
    if !lints {
      compilation.diagnostics.removeAll { ("FW300"..<"FW600").contains($0.code.code) }
    }
    self.compilation = compilation
  }

  /// `code text-at-the-span` of each diagnostic, in their order.
  var found: [String] {
    compilation.diagnostics.map { "\($0.code.code) \(text(at: $0.primary))" }
  }

  var codes: [String] { compilation.diagnostics.map(\.code.code) }

  /// Of the first diagnostic of a code.
  func diagnostic(_ code: String) -> Diagnostic? {
    compilation.diagnostics.first { $0.code.code == code }
  }

  func text(at label: Diagnostic.Label?) -> String {
    guard let span = label?.span else { return "" }
    let bytes = compilation.sources[span.file].bytes
    return String(decoding: bytes[Int(span.start)..<Int(span.end)], as: UTF8.self)
  }
}

/// An inbound section on a host, with two networks.
func inbound(_ rules: String...) -> String {
  """
  fwpolicy: 1
  name: host
  networks:
    a: [192.0.2.0/25]
    b: [192.0.2.128/25]
    ab: [192.0.2.0/24]
  inbound:
  \(rules.map { "  - \($0)" }.joined(separator: "\n"))
  outbound:
    - { deny: telnet, to: [a, b, ab] }

  """
}
