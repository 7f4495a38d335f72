import Diagnostics

/// Texts and diagnostics about them, spans found by what they hold.
struct Example {
  var sources = SourceMap()
  var diagnostics: [Diagnostic] = []

  mutating func file(_ name: String, _ text: String) -> SourceFileID {
    sources.add(SourceFile(name: name, bytes: Array(text.utf8)))
  }

  /// The span of the nth occurrence (from 0) of a text.
  func span(_ text: String, in file: SourceFileID, occurrence: Int = 0) -> SourceSpan {
    let bytes = sources[file].bytes
    let needle = Array(text.utf8)
    var left = occurrence
    var start = 0
    while start + needle.count <= bytes.count {
      if bytes[start..<start + needle.count].elementsEqual(needle) {
        if left == 0 { return SourceSpan(file: file, start: start, end: start + needle.count) }
        left -= 1
      }
      start += 1
    }
    preconditionFailure("no \(text) in the example")
  }

  func span(from: String, through: String, in file: SourceFileID) -> SourceSpan {
    let first = span(from, in: file)
    let last = span(through, in: file)
    return SourceSpan(file: file, start: Int(first.start), end: Int(last.end))
  }

  var text: String { TextRenderer().render(diagnostics, sources: sources) }

  /// The example at the end of docs/ARCHITECTURE.md.
  static var shadowed: Example {
    var example = Example()
    let file = example.file(
      "policy.yaml",
      String(repeating: "# filler\n", count: 22) + "  - name: drop-dmz\n"
        + String(repeating: "# filler\n", count: 17) + "  - name: allow-web\n")
    example.diagnostics = [
      Diagnostic(
        DiagnosticCode("FW201", "shadowed-rule"), .error, "rule `allow-web` can never match",
        at: SourceSpan(
          file: file, start: Int(example.span("name: allow-web", in: file).start),
          end: Int(example.span("name: allow-web", in: file).end)),
        secondary: [
          .init(example.span("name: drop-dmz", in: file), "all of its packets are dropped here")
        ],
        notes: ["for example tcp 10.0.2.7:40000 -> 192.0.2.10:443 (new)"],
        help: [.init("move `allow-web` before `drop-dmz`, or exclude 192.0.2.10 from it")])
    ]
    return example
  }

  /// One of each kind: a fix, two files, a warning, a diagnostic without a place.
  static var mixed: Example {
    var example = Example()
    let policy = example.file(
      "policy.yaml", "fwpolicy: 1\nname: mx1\nnetworks:\n  noc: !any\ninclude: [lists/a b.yaml]\n")
    let other = example.file("lists/a b.yaml", "networks:\n  noc: [192.0.2.0/28]\n")
    example.diagnostics = [
      Diagnostic(
        DiagnosticCode("FW701", "no-privilege"), .error, "CAP_NET_ADMIN is needed", at: nil),
      Diagnostic(
        DiagnosticCode("FW501", "unused-network"), .warning,
        "network `noc` is never used, 100% of it", at: example.span("noc", in: other),
        help: [.init("remove it, or:\n  waive it")]),
      Diagnostic(
        DiagnosticCode("FW012", "tag"), .error, "a tag is not allowed",
        at: example.span("!any", in: policy), label: "this tag",
        secondary: [.init(example.span("noc", in: other), "the first `noc`")],
        notes: ["YAML calls this a tag"],
        help: [
          .init(
            "write a list", replacing: example.span("!any", in: policy), with: "[192.0.2.0/24]")
        ]),
    ]
    return example
  }
}
