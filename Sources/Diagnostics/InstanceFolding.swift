extension SourceMap {
  /// How many rows are shown where only some of a template's instances have a problem.
  private static let shownRows = 20
  /// How many rows a note lists.
  private static let listedRows = 5

  /// Diagnostics that speak of text alone: one that stands in an instance of a template shows the
  /// template's line and the row.
  ///
  /// What at least half of the instances have alike, two or more of them, is the template's fault
  /// and is said once; else the rows are at fault, each is shown, up to 20 of them, and a value or a
  /// name that is wrong in several places of an instance at the first. The order is that of the
  /// first of each. Without an instance nothing changes.
  package func foldingInstances(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    guard !instances.isEmpty else { return diagnostics }
    var members: [FoldingKey: [Int]] = [:]
    var repeats: [RepeatKey: Int] = [:]
    var keys: [FoldingKey?] = []
    keys.reserveCapacity(diagnostics.count)
    for (position, diagnostic) in diagnostics.enumerated() {
      guard let span = diagnostic.primary?.span, let instance = instance(of: span) else {
        keys.append(nil)
        continue
      }
      let once = RepeatKey(code: diagnostic.code, span: span)
      let number = repeats[once, default: 0]
      repeats[once] = number + 1
      let key = FoldingKey(
        code: diagnostic.code, severity: diagnostic.severity, span: written(span),
        group: instance.group, number: number)
      members[key, default: []].append(position)
      keys.append(key)
    }
    let sizes = instances.reduce(into: [:] as [Int: Int]) { $0[$1.group, default: 0] += 1 }
    var result: [Diagnostic] = []
    var isDone: Set<FoldingKey> = []
    var causes: Set<Cause> = []
    for (position, key) in keys.enumerated() {
      guard let key, let all = members[key] else {
        result.append(written(diagnostics[position]))
        continue
      }
      guard isDone.insert(key).inserted else { continue }
      let size = sizes[key.group] ?? 0
      let isTemplates = all.count > 1 && all.count * 2 >= size
      // Of one instance alone nobody can say whose fault it is.
      let own =
        isTemplates || size == 1
        ? all : all.filter { cause(of: diagnostics[$0]).map { causes.insert($0).inserted } ?? true }
      let shown = isTemplates ? all.prefix(1) : own.prefix(Self.shownRows)
      for position in shown {
        var diagnostic = written(diagnostics[position])
        if position == shown.last, isTemplates || own.count > shown.count {
          diagnostic.notes.append(
            isTemplates
              ? inNote(all.map { diagnostics[$0] }, of: size)
              : "and so in \(own.count - shown.count) more instances of the template")
        }
        result.append(diagnostic)
      }
    }
    return result
  }

  private struct FoldingKey: Hashable {
    var code: DiagnosticCode
    var severity: Severity
    var span: SourceSpan
    var group: Int
    /// Which of several at one place of one instance.
    var number: Int
  }

  private struct RepeatKey: Hashable {
    var code: DiagnosticCode
    var span: SourceSpan
  }

  /// What makes a row wrong: one of its values, or that another row says the same.
  private struct Cause: Hashable {
    var code: DiagnosticCode
    var instance: SourceFileID
    var other: SourceFileID?
    var value: SourceSpan?
  }

  private func cause(of diagnostic: Diagnostic) -> Cause? {
    guard let primary = diagnostic.primary?.span, let instance = instance(of: primary) else {
      return nil
    }
    for label in diagnostic.secondary {
      if label.span.isInside(instance.row) {
        return Cause(code: diagnostic.code, instance: primary.file, value: label.span)
      }
      if label.span.file != primary.file, self.instance(of: label.span) != nil {
        return Cause(code: diagnostic.code, instance: primary.file, other: label.span.file)
      }
    }
    return nil
  }

  private func inNote(_ all: [Diagnostic], of size: Int) -> String {
    let rows = all.prefix(Self.listedRows).compactMap { diagnostic in
      diagnostic.primary.flatMap { instance(of: $0.span) }.map { "`\(citation(of: $0.row))`" }
    }
    let rest = all.count > rows.count ? " and \(all.count - rows.count) more" : ""
    let many =
      all.count < size
      ? "in \(all.count) of \(size) instances"
      : size == 2 ? "in both instances" : "in all \(size) instances"
    return "\(many): for \(rows.joined(separator: ", "))\(rest)"
  }

  /// A diagnostic whose spans are text, with a label at each row that it speaks of.
  private func written(_ diagnostic: Diagnostic) -> Diagnostic {
    var result = diagnostic
    var rows: [(row: SourceSpan, text: String)] = []
    func shown(_ label: Diagnostic.Label, _ text: String) -> Diagnostic.Label {
      if let instance = instance(of: label.span), !rows.contains(where: { $0.row == instance.row })
      {
        rows.append((instance.row, text))
      }
      return Diagnostic.Label(written(label.span), label.text)
    }
    result.primary = diagnostic.primary.map { shown($0, "in the instance for this row") }
    result.secondary = []
    for label in diagnostic.secondary {
      let other = shown(label, label.text.map { "\($0), for this row" } ?? "for this row")
      // The same line of the template, in another instance: its row says it.
      if other.span == result.primary?.span, label.span != diagnostic.primary?.span { continue }
      if !result.secondary.contains(other) { result.secondary.append(other) }
    }
    for row in rows
    where !result.secondary.contains(where: { $0.span.isInside(row.row) }) {
      result.secondary.append(Diagnostic.Label(row.row, row.text))
    }
    let isJoined = diagnostic.primary.map { !isOneReference($0.span) } ?? false
    result.help = diagnostic.help.map { help in
      guard let replacement = help.replacement else { return help }
      guard instance(of: replacement.span) != nil else {
        // A row's value is a part of what is wrong: what mends the whole does not mend it.
        let isPart = isJoined && rows.contains { replacement.span.isInside($0.row) }
        return isPart ? Diagnostic.Help(help.text) : help
      }
      // What is made of a parameter cannot be mended by text that fits one row.
      if text(of: replacement.span).contains("${") { return Diagnostic.Help(help.text) }
      return Diagnostic.Help(
        help.text, replacing: written(replacement.span), with: replacement.text)
    }
    return result
  }

  /// Whether a span's text is `${x}` and nothing else, quotes apart.
  private func isOneReference(_ span: SourceSpan) -> Bool {
    let text = text(of: span).filter { $0 != "\"" && $0 != "'" }
    return text.hasPrefix("${") && text.firstIndex(of: "}") == text.indices.last
  }
}

extension SourceSpan {
  fileprivate func isInside(_ other: SourceSpan) -> Bool {
    file == other.file && start >= other.start && end <= other.end
  }
}

extension SourceMap {
  /// What a policy silences, where it is written.
  package func written(_ silenced: WaivedDiagnostic) -> WaivedDiagnostic {
    WaivedDiagnostic(
      written(silenced.diagnostic), reason: silenced.reason, at: written(silenced.span))
  }
}
