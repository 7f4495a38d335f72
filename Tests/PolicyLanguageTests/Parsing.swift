import Diagnostics
import PolicyLanguage
import TestSupport
import Testing

/// One parse of policies held in memory.
struct Parsed {
  let policy: Policy?
  let diagnostics: [Diagnostic]
  let sources: SourceMap

  init(
    _ text: String, including others: [String: String] = [:], services: String? = nil,
    overrides: VariableOverrides = VariableOverrides()
  ) {
    var files = others
    files["p.yaml"] = text
    self.init(MemoryProvider(files), services: services, overrides: overrides)
  }

  init(bytes: [UInt8]) { self.init(MemoryProvider(bytes: ["p.yaml": bytes])) }

  init(
    _ provider: MemoryProvider, services: String? = nil,
    overrides: VariableOverrides = VariableOverrides()
  ) {
    let library = services.map { ProvidedSource(name: "std/services.yaml", bytes: Array($0.utf8)) }
    let (staged, sources) = parsePolicy(
      "p.yaml", provider: provider, builtInServices: library, overrides: overrides)
    policy = staged.value
    diagnostics = staged.diagnostics
    self.sources = sources
  }

  var codes: [String] { diagnostics.map(\.code.name) }

  /// `name "text under it"` of every diagnostic.
  var summary: [String] {
    diagnostics.map { "\($0.code.name) \"\($0.primary.map { sources.text(of: $0.span) } ?? "")\"" }
  }
}

/// The head that most policies of a test share.
let head = "fwpolicy: 1\nname: p\n"

/// A policy, what is wrong with it, the text that is shown, and a part of the help.
struct Refusal: Sendable, CustomTestStringConvertible {
  var text: String
  var code: String
  var offending: String
  var help: String?

  init(_ text: String, _ code: String, _ offending: String, _ help: String? = nil) {
    self.text = text
    self.code = code
    self.offending = offending
    self.help = help
  }

  var testDescription: String { "\(code): \(offending)".debugDescription }

  /// What differs from the expectation; nil if nothing does.
  ///
  /// A replacement is pasted in, and must make the diagnostic vanish.
  func problem() -> String? {
    let parsed = Parsed(text)
    guard parsed.diagnostics.count == 1, let found = parsed.diagnostics.first else {
      return "expected one diagnostic, got \(parsed.summary)"
    }
    guard found.code.name == code else { return "got \(parsed.summary)" }
    let shown = found.primary.map { parsed.sources.text(of: $0.span) } ?? ""
    guard shown == offending else { return "shows \"\(shown)\"" }
    let helps = found.help.map(\.text)
    if let help, !helps.contains(where: { $0.contains(help) }) { return "helps with \(helps)" }
    if parsed.policy != nil { return "there is a policy in spite of it" }
    for help in found.help {
      guard let replacement = help.replacement else { continue }
      var bytes = Array(text.utf8)
      bytes.replaceSubrange(replacement.span.range, with: Array(replacement.text.utf8))
      let fixed = Parsed(bytes: bytes)
      if fixed.codes.contains(code) {
        return "after \"\(help.text)\" there is still \(fixed.summary)"
      }
    }
    return nil
  }
}
