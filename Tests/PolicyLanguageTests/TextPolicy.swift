import Diagnostics
import PolicyLanguage
import PolicyLibrary

/// A policy read from text, with the built-in library at hand.
struct TextPolicy {
  var text: String
  var files: [String: String] = [:]

  init(_ text: String, files: [String: String] = [:]) {
    self.text = text
    self.files = files
  }

  struct Outcome {
    var policy: ResolvedPolicy?
    var diagnostics: [Diagnostic]
    var sources: SourceMap

    /// `code-name: text under the span`, one for each diagnostic.
    var findings: [String] {
      diagnostics.map { diagnostic in
        let text = diagnostic.primary.map { sources.text(of: $0.span) } ?? ""
        return "\(diagnostic.code.name): \(text)"
      }
    }
  }

  func resolved() -> Outcome {
    let services = PolicyLibrary.text(at: "services.yaml").map {
      ProvidedSource(name: "std/services.yaml", bytes: $0)
    }
    let provider = LibraryAndFiles(
      files: files.merging(["policy.yaml": text]) { _, new in new })
    var (staged, sources) = parsePolicy(
      "policy.yaml", provider: provider, builtInServices: services)
    guard let policy = staged.value else {
      return Outcome(policy: nil, diagnostics: staged.diagnostics, sources: sources)
    }
    let resolved = resolve(policy, provider: provider, sources: &sources)
    return Outcome(
      policy: resolved.value, diagnostics: staged.diagnostics + resolved.diagnostics,
      sources: sources)
  }

  /// The text with a replacement that a help offers; nil where it is in another file.
  func applying(_ replacement: Diagnostic.Replacement, of outcome: Outcome) -> TextPolicy? {
    guard outcome.sources[replacement.span.file].name == "policy.yaml" else { return nil }
    var bytes = Array(text.utf8)
    bytes.replaceSubrange(replacement.span.range, with: Array(replacement.text.utf8))
    return TextPolicy(String(decoding: bytes, as: UTF8.self), files: files)
  }
}

private struct LibraryAndFiles: SourceProvider {
  var files: [String: String]

  func read(_ path: String, from name: String?) throws(SourceError) -> ProvidedSource {
    if path.hasPrefix("std/") {
      guard let bytes = PolicyLibrary.text(at: String(path.dropFirst(4))) else {
        throw .unknownStandardFile(similar: [])
      }
      return ProvidedSource(name: path, bytes: bytes)
    }
    guard let text = files[path] else { throw .notFound }
    return ProvidedSource(name: path, bytes: Array(text.utf8))
  }
}
