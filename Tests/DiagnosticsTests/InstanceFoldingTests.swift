import Diagnostics
import Testing

@Suite struct InstanceFoldingTests {
  private static let code = DiagnosticCode("FW999", "example")

  /// A template of one line, `rows` rows and as many instances.
  private struct Fixture {
    var sources = SourceMap()
    var template: SourceFileID
    var instances: [SourceFileID] = []

    init(rows: Int) {
      template = sources.add(SourceFile(name: "t.yaml", bytes: Array("a: \"${x}\"\nb: c\n".utf8)))
      let text = (100..<100 + rows).map { "row\($0)\n" }.joined()
      let file = sources.add(SourceFile(name: "rows.csv", bytes: Array(text.utf8)))
      for row in 0..<rows {
        let start = sources[file].lineStarts[row]
        instances.append(
          sources.add(
            SourceInstance(
              file: template, row: SourceSpan(file: file, start: start, end: start + 6), group: 1)))
      }
    }

    func span(_ instance: Int, _ start: Int = 0, _ end: Int = 1) -> SourceSpan {
      SourceSpan(file: instances[instance], start: start, end: end)
    }
  }

  private func rows(_ diagnostics: [Diagnostic], _ fixture: Fixture) -> [[String]] {
    diagnostics.map { $0.secondary.map { fixture.sources.text(of: $0.span) } }
  }

  /// How many of how many instances have it, and how often it is said.
  @Test(arguments: [
    // The template's fault: at least half of the instances.
    (2, 2, 1), (3, 3, 1), (2, 4, 1), (50, 100, 1), (100, 100, 1),
    // The rows' fault: one of them, or fewer than half.
    (1, 1, 1), (1, 2, 1), (2, 5, 2), (20, 100, 20),
    // Only 20 rows are shown.
    (21, 100, 20), (49, 100, 20),
  ])
  func aCauseIsSaidOnce(faulty: Int, of size: Int, said: Int) {
    let fixture = Fixture(rows: size)
    let folded = fixture.sources.foldingInstances(
      (0..<faulty).map { Diagnostic(Self.code, .error, "no \($0)", at: fixture.span($0)) })
    #expect(folded.count == said)
    #expect(rows(folded, fixture) == (0..<said).map { ["row\(100 + $0)"] })
    #expect(folded.allSatisfy { $0.primary?.span.file == fixture.template })
    #expect((folded.last?.notes.isEmpty == true) == (said == faulty))
  }

  @Test func placesAndCodesAreCausesOfTheirOwn() {
    let fixture = Fixture(rows: 3)
    let other = DiagnosticCode("FW998", "other")
    let folded = fixture.sources.foldingInstances(
      (0..<3).flatMap { row in
        [
          Diagnostic(Self.code, .error, "a", at: fixture.span(row)),
          Diagnostic(Self.code, .error, "b", at: fixture.span(row)),
          Diagnostic(Self.code, .error, "c", at: fixture.span(row, 3, 9)),
          Diagnostic(other, .error, "d", at: fixture.span(row)),
        ]
      })
    #expect(folded.map(\.message) == ["a", "b", "c", "d"])
  }

  @Test func aRowThatALabelShowsAlreadyIsNotShownTwice() {
    let fixture = Fixture(rows: 2)
    let row = fixture.sources.instances[0].row
    let value = SourceSpan(file: row.file, start: Int(row.start) + 1, end: Int(row.end))
    let folded = fixture.sources.foldingInstances([
      Diagnostic(
        Self.code, .error, "a", at: fixture.span(0),
        secondary: [.init(value, "the value is written here")])
    ])
    #expect(rows(folded, fixture) == [["ow100"]])
  }

  @Test func theOtherInstanceIsShownByItsRow() {
    let fixture = Fixture(rows: 5)
    let folded = fixture.sources.foldingInstances([
      Diagnostic(
        Self.code, .error, "a", at: fixture.span(3),
        secondary: [.init(fixture.span(1), "first given here")])
    ])
    #expect(rows(folded, fixture) == [["row103", "row101"]])
    #expect(
      folded[0].secondary.map(\.text) == [
        "in the instance for this row", "first given here, for this row",
      ])
  }

  @Test func aValueThatIsWrongInTwoPlacesIsSaidOnce() {
    let fixture = Fixture(rows: 9)
    let row = fixture.sources.instances[2].row
    let value = SourceSpan(file: row.file, start: Int(row.start), end: Int(row.start) + 3)
    let faults = [fixture.span(2), fixture.span(2, 3, 9)].map {
      Diagnostic(
        Self.code, .error, "a", at: $0, secondary: [.init(value, "the value is written here")])
    }
    #expect(fixture.sources.foldingInstances(faults).count == 1)
    let names = [fixture.span(4), fixture.span(4, 3, 9)].map {
      Diagnostic(
        Self.code, .error, "a", at: $0,
        secondary: [.init($0.inFile(fixture.instances[1]), "first given here")])
    }
    #expect(fixture.sources.foldingInstances(names).count == 1)
  }

  /// Text for one row must not be pasted over text for all.
  @Test func aHelpIsPastedOverFixedTextOnly() {
    let fixture = Fixture(rows: 1)
    let folded = fixture.sources.foldingInstances([
      Diagnostic(
        Self.code, .error, "a", at: fixture.span(0),
        help: [
          .init("one", replacing: fixture.span(0, 3, 9), with: "x"),
          .init("two", replacing: fixture.span(0, 10, 11), with: "x"),
          .init("part of it", replacing: fixture.sources.instances[0].row, with: "x"),
        ])
    ])
    #expect(folded[0].help.map { $0.replacement?.span.file } == [nil, fixture.template, nil])
  }

  @Test func whatStandsInNoInstanceStaysAsItIs() {
    let fixture = Fixture(rows: 2)
    let plain = [
      Diagnostic(Self.code, .error, "a", at: nil),
      Diagnostic(Self.code, .error, "b", at: SourceSpan(file: fixture.template, start: 0, end: 1)),
    ]
    #expect(fixture.sources.foldingInstances(plain) == plain)
    #expect(SourceMap().foldingInstances(plain) == plain)
  }
}
