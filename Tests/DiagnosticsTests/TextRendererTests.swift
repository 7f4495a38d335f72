import Diagnostics
import TestSupport
import Testing

private let code = DiagnosticCode("FW999", "example")

@Suite struct TextRendererTests {
  @Test func printsTheLayoutOfTheArchitecturePage() {
    let expected = """
      error[FW201]: rule `allow-web` can never match
        --> policy.yaml:41:5
         |
      23 |   - name: drop-dmz
         |     -------------- all of its packets are dropped here
      41 |   - name: allow-web
         |     ^^^^^^^^^^^^^^^
         = note: for example tcp 10.0.2.7:40000 -> 192.0.2.10:443 (new)
         = help: move `allow-web` before `drop-dmz`, or exclude 192.0.2.10 from it

      """
    #expect(Example.shadowed.text == expected)
  }

  @Test func printsEveryKindOfDiagnostic() {
    assertSnapshot(Example.mixed.text, "mixed.txt")
  }

  @Test func coloursByRequest() {
    let example = Example.mixed
    let text = TextRenderer(coloured: true).render(example.diagnostics, sources: example.sources)
    assertSnapshot(text, "mixed.ansi")
  }

  @Test func showsSeveralLabelsOnALine() {
    var example = Example()
    let file = example.file("p.yaml", "  - { allow: ssh, deny: smtp, reject: any }\n")
    example.diagnostics = [
      Diagnostic(
        code, .error, "a rule has exactly one verdict", at: example.span("deny", in: file),
        label: "the second",
        secondary: [
          .init(example.span("allow", in: file), "the first"),
          .init(example.span("reject", in: file), "the third"),
        ])
    ]
    assertSnapshot(example.text, "labels-on-a-line.txt")
  }

  @Test func showsSpansOfSeveralLines() {
    var example = Example()
    let file = example.file(
      "p.yaml",
      "inbound:\n  - name: a\n    allow: ssh\n    deny: any\nforward: [{\n"
        + (1...9).map { "  k\($0): v,\n" }.joined() + "}]\n")
    example.diagnostics = [
      Diagnostic(
        code, .error, "short", at: example.span(from: "name: a", through: "deny: any", in: file),
        label: "this rule", secondary: [.init(example.span("allow", in: file), "one verdict")]),
      Diagnostic(
        code, .error, "long", at: example.span(from: "[{", through: "}]", in: file),
        label: "all of it",
        secondary: [.init(example.span(from: "k1", through: "k3: v", in: file), "inner")]),
    ]
    assertSnapshot(example.text, "several-lines.txt")
  }

  @Test func alignsMarksUnderTabsAndWideAndCombiningCharacters() {
    var example = Example()
    let file = example.file(
      "p.yaml", "\ta:\tfire\n名前: 防火墙 fire\ne\u{301}e\u{301}: fire\n")
    for occurrence in 0...2 {
      example.diagnostics.append(
        Diagnostic(
          code, .error, "fire", at: example.span("fire", in: file, occurrence: occurrence)))
    }
    example.diagnostics.append(
      Diagnostic(code, .warning, "wide", at: example.span("防火墙", in: file)))
    assertSnapshot(example.text, "widths.txt")
  }

  @Test func lineThatNeverEndsIsWindowed() {
    var example = Example()
    let blanks = String(repeating: "x", count: 300_000)
    let file = example.file("p.yaml", blanks + " HERE " + blanks + " THERE")
    example.diagnostics = [
      Diagnostic(
        code, .error, "here", at: example.span("HERE", in: file), label: "this",
        secondary: [.init(example.span(from: "THERE", through: "THERE", in: file), "and that")],
        help: [
          .init("write it small", replacing: example.span("HERE", in: file), with: "here")
        ])
    ]
    assertSnapshot(example.text, "endless-line.txt")
  }

  @Test func windowOfInvisibleCharactersIsBounded() {
    var example = Example()
    let marks = String(repeating: "\u{301}", count: 1_000_000)
    let file = example.file("p.yaml", "a" + marks + "b" + marks)
    example.diagnostics = [Diagnostic(code, .error, "b", at: example.span("b", in: file))]
    #expect(example.text.utf8.count < 4000)
  }

  @Test(arguments: [
    "\u{1B}[2J", "\u{9B}2J", "\u{7}", "\u{8}", "\r", "\u{202E}", "\u{200B}", "\u{E0041}", "\0",
  ])
  func hostileTextCannotDriveATerminal(_ hostile: String) {
    var example = Example()
    let file = example.file("p\(hostile).yaml", "name: 'x\(hostile)y'\n")
    let span = SourceSpan(file: file, start: 0, end: 4)
    example.diagnostics = [
      Diagnostic(
        code, .error, "message \(hostile)", at: span, label: hostile, notes: [hostile],
        help: [.init(hostile, replacing: span, with: hostile)])
    ]
    let renderings = [
      example.text,
      ConciseRenderer().render(example.diagnostics, sources: example.sources),
      GitHubRenderer().render(example.diagnostics, sources: example.sources),
    ]
    for text in renderings {
      let dangerous = text.unicodeScalars.filter {
        let category = $0.properties.generalCategory
        return category == .format || category == .control && $0 != "\n"
      }
      #expect(dangerous.isEmpty)
    }
  }

  @Test func bytesThatAreNotUTF8AreReplaced() {
    var example = Example()
    let id = example.sources.add(
      SourceFile(name: "p.yaml", bytes: [0x61, 0xFF, 0xE2, 0x82, 0x62, 0xF0, 0x9F]))
    example.diagnostics = [
      Diagnostic(code, .error, "bytes", at: SourceSpan(file: id, start: 1, end: 2))
    ]
    #expect(example.text.contains("1 | a\u{FFFD}\u{FFFD}b\u{FFFD}\n  |  ^\n"))
  }

  @Test func byteOrderMarkIsNotShownAndNotCounted() {
    var example = Example()
    let file = example.file("p.yaml", "\u{FEFF}name: x\n")
    example.diagnostics = [Diagnostic(code, .error, "bom", at: example.span("name", in: file))]
    #expect(example.text.contains(" --> p.yaml:1:1\n  |\n1 | name: x\n  | ^^^^\n"))
  }

  @Test func spanBeyondTheFileIsShownAtItsEnd() {
    var example = Example()
    let file = example.file("p.yaml", "a\nb")
    example.diagnostics = [
      Diagnostic(
        code, .error, "end", at: SourceSpan(file: file, start: 900, end: 1000), label: "here")
    ]
    #expect(example.text.contains("2 | b\n  |  ^ here\n"))
  }

  @Test func emptyFileHasALineToPointAt() {
    var example = Example()
    let file = example.file("p.yaml", "")
    example.diagnostics = [
      Diagnostic(
        code, .error, "empty", at: SourceSpan(file: file, start: 0, end: 0),
        help: [
          .init(
            "begin", replacing: SourceSpan(file: file, start: 0, end: 0), with: "fwpolicy: 1\n")
        ])
    ]
    assertSnapshot(example.text, "empty-file.txt")
  }

  @Test func replacementsShowTheLinesBeforeAndAfter() {
    var example = Example()
    let file = example.file("p.yaml", "a: 1\nb: 2\nc: 3\n")
    func help(_ text: String, _ start: Int, _ end: Int, _ new: String) -> Diagnostic.Help {
      .init(text, replacing: SourceSpan(file: file, start: start, end: end), with: new)
    }
    example.diagnostics = [
      Diagnostic(
        code, .error, "fixes", at: example.span("b", in: file),
        help: [
          help("replace within a line", 8, 9, "3"), help("insert a line", 5, 5, "aa: 1\n"),
          help("append a line", 9, 9, "\nbb: 1"), help("remove a line", 5, 10, ""),
          help("join lines", 4, 5, ", "),
        ])
    ]
    assertSnapshot(example.text, "replacements.txt")
  }

  @Test func noSpanOfATextTrapsARenderer() {
    let text = "a\tb\r\n\n名\u{1B}e\u{301}\rlast"
    let count = text.utf8.count
    for start in 0...count {
      for end in start...count {
        var example = Example()
        let file = example.file("p.yaml", text)
        let span = SourceSpan(file: file, start: start, end: end)
        let other = SourceSpan(file: file, start: count - end, end: count - start)
        example.diagnostics = [
          Diagnostic(
            code, .error, "m", at: span, label: "one", secondary: [.init(other, "two")],
            help: [.init("h", replacing: span, with: "x\ny")])
        ]
        #expect(!example.text.isEmpty)
        #expect(!JSONRenderer().render(example.diagnostics, sources: example.sources).isEmpty)
      }
    }
  }
}
