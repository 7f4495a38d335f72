import Diagnostics
import PolicyAnalysis

/// What changes between two policies, for a terminal, a pull request and a program.
struct DiffReport {
  private let difference: TrafficDifference
  private let old: QueryPlaces
  private let new: QueryPlaces
  /// What is compared, where that is no policy.
  private let oldSide: String?

  init(
    _ difference: TrafficDifference, old: QueryPlaces, new: QueryPlaces, oldSide: String? = nil
  ) {
    self.oldSide = oldSide
    self.difference = difference
    self.old = old
    self.new = new
  }

  /// `2 opened, 1 closed, 0 changed; 3 rules touched`.
  private var summary: String {
    let counts = TrafficDifference.Kind.allCases.map {
      "\(difference.count($0)) \(Self.word(for: $0))"
    }
    let rules = Set(difference.edits.compactMap(\.rule)).count
    // The kernel knows no texts to compare.
    if oldSide != nil { return counts.joined(separator: ", ") }
    return counts.joined(separator: ", ") + "; \(rules) rule\(rules == 1 ? "" : "s") touched"
  }

  private static func word(for kind: TrafficDifference.Kind) -> String {
    switch kind {
    case .opened: "opened"
    case .closed: "closed"
    case .changed: "changed"
    }
  }

  private static func title(of kind: TrafficDifference.Kind) -> String {
    switch kind {
    case .opened: "Opened"
    case .closed: "Closed"
    case .changed: "Refused in another way"
    }
  }

  private static func mark(of weight: TrafficDifference.Weight) -> String? {
    switch weight {
    case .smtp: "PORT 25"
    case .management: "MANAGEMENT"
    case .other: nil
    }
  }

  private func words(for side: TrafficDifference.Side, _ places: QueryPlaces) -> String {
    var words = "\(Self.participle(of: side)) by \(side.words)"
    if let span = side.span {
      words += Self.notes(places.citation(of: span), side.owner, side.ticket)
    }
    if let pass = side.pass {
      words +=
        ", past the gate by \(pass.words)"
        + Self.notes(places.citation(of: pass.span), pass.owner, pass.ticket)
    }
    return words
  }

  private static func participle(of side: TrafficDifference.Side) -> String {
    switch side.verdict {
    case .accept: "accepted"
    case .drop: "dropped"
    case .tcpReset, .icmpReject: "rejected"
    }
  }

  private static func notes(_ place: String, _ owner: String?, _ ticket: String?) -> String {
    let notes = [place, owner.map { "owner \($0.visible)" }, ticket.map { "ticket \($0.visible)" }]
    return " (\(notes.compactMap { $0 }.joined(separator: ", ")))"
  }

  private func words(for edit: PolicyEdit) -> String {
    var words = "\(edit.what) \(edit.kind.rawValue)"
    if let details = edit.details { words += ": \(details)" }
    if let span = edit.newSpan {
      words += " (\(new.citation(of: span)))"
    } else if let span = edit.oldSpan {
      words += " (\(old.citation(of: span)))"
    }
    return words
  }

  /// The parts of the text that no changed packet is laid to.
  private var silentEdits: [PolicyEdit] {
    let responsible = Set(difference.changes.flatMap { [$0.old.name, $0.new.name] })
    return difference.edits.filter { edit in
      guard let rule = edit.rule else { return difference.changes.isEmpty }
      return !responsible.contains(rule)
    }
  }

  private var otherEdits: [PolicyEdit] {
    let silent = Set(silentEdits)
    return difference.edits.filter { !silent.contains($0) }
  }

  /// What the effects are about, and nothing else: `Log, counters, offenders`.
  private var effectsTitle: String {
    let kinds = Set(difference.effects.map(\.kind))
    let names = EffectChange.Kind.allCases.filter(kinds.contains).map { kind in
      switch kind {
      case .log: "log"
      case .counter: "counters"
      case .limit: "limits"
      case .helper: "helpers"
      case .offender: "offenders"
      case .network: "dynamic networks"
      }
    }
    let title = names.joined(separator: ", ")
    return title.prefix(1).uppercased() + title.dropFirst()
  }

  // MARK: Text

  var text: String {
    var text = oldSide.map { "compared with \($0)\n" } ?? ""
    for kind in TrafficDifference.Kind.allCases {
      let changes = difference.changes.filter { $0.kind == kind }
      if changes.isEmpty { continue }
      text += "\(Self.title(of: kind).uppercased())\n"
      for change in changes.prefix(Self.shownChanges) {
        for (index, region) in change.words.prefix(Self.shownRegions).enumerated() {
          let mark = index == 0 ? Self.mark(of: change.weight).map { "[\($0)] " } ?? "" : ""
          text += "  \(mark)\(region)\n"
        }
        if let more = Self.more(in: change) { text += "  \(more)\n" }
        text += "      now \(words(for: change.new, new))\n"
        text += "      was \(words(for: change.old, old))\n"
        text += "      for example \(change.example)\n"
      }
      let more = changes.count - Self.shownChanges
      if more > 0 { text += "  and \(more) more; --format json has all of them\n" }
    }
    text += Self.section(effectsTitle.uppercased(), difference.effects.map(\.text))
    text += Self.section("TEXT", otherEdits.map(words))
    text += Self.section("TEXT THAT CHANGES NO TRAFFIC", silentEdits.map(words))
    return text + summary + "\n"
  }

  /// So many changes of a kind are written for people.
  private static let shownChanges = 20
  /// So many regions of a change.
  private static let shownRegions = 6
  private static let shownLines = 40

  private static func more(in change: TrafficDifference.Change) -> String? {
    let more = change.words.count - shownRegions
    return more > 0 ? "and \(more) more" : change.hasMoreRegions ? "and more" : nil
  }

  private static func section(_ title: String, _ lines: [String]) -> String {
    if lines.isEmpty { return "" }
    let more = lines.count - shownLines
    return "\(title)\n" + lines.prefix(shownLines).map { "  \($0)\n" }.joined()
      + (more > 0 ? "  and \(more) more\n" : "")
  }

  // MARK: Markdown

  var markdown: String {
    var text = "**\(summary)**\n"
    if let oldSide { text += "\nCompared with \(Self.plain(oldSide)).\n" }
    for kind in TrafficDifference.Kind.allCases {
      let changes = difference.changes.filter { $0.kind == kind }
      if changes.isEmpty { continue }
      text += "\n### \(Self.title(of: kind))\n\n"
      for change in changes.prefix(Self.shownChanges) {
        let mark = Self.mark(of: change.weight).map { "**\($0)** " } ?? ""
        let regions =
          change.words.prefix(Self.shownRegions).map { Self.code("\($0)") }
          + [Self.more(in: change)].compactMap { $0 }
        text += "- \(mark)\(regions.joined(separator: "<br>"))\n"
        text += "  - now \(Self.plain(words(for: change.new, new)))\n"
        text += "  - was \(Self.plain(words(for: change.old, old)))\n"
        text += "  - for example \(Self.code("\(change.example)"))\n"
      }
      let more = changes.count - Self.shownChanges
      if more > 0 { text += "- and \(more) more; `--format json` has all of them\n" }
    }
    text += Self.markdownSection(effectsTitle, difference.effects.map(\.text))
    text += Self.markdownSection("Text", otherEdits.map(words))
    text += Self.markdownSection("Text that changes no traffic", silentEdits.map(words))
    return text
  }

  private static func markdownSection(_ title: String, _ lines: [String]) -> String {
    if lines.isEmpty { return "" }
    let more = lines.count - shownLines
    return "\n### \(title)\n\n" + lines.prefix(shownLines).map { "- \(plain($0))\n" }.joined()
      + (more > 0 ? "- and \(more) more\n" : "")
  }

  /// A code span; its text can hold a backtick.
  private static func code(_ text: String) -> String {
    text.utf8.contains(UInt8(ascii: "`")) ? "`` \(text) ``" : "`\(text)`"
  }

  /// Text of the policy in running text: nothing in it is markup but code spans.
  private static func plain(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "*", "_", "[", "]", "|", "\\", "#": result += "\\\(scalar)"
      case "\n", "\r": result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  // MARK: JSON

  var json: JSONText { json(withPackets: true) }

  /// - Parameter withPackets: whether each change has its example, which may depend on more than the
  ///   change.
  func json(withPackets: Bool) -> JSONText {
    .object([
      "version": .number(1), "old": oldSide.map { .string($0) },
      "summary": .object([
        "opened": .number(difference.count(.opened)), "closed": .number(difference.count(.closed)),
        "changed": .number(difference.count(.changed)),
        "rulesTouched": .number(Set(difference.edits.compactMap(\.rule)).count),
        "changesMeaning": .bool(difference.changesMeaning),
      ]),
      "changes": .array(
        difference.changes.map { change in
          .object([
            "kind": .string(Self.word(for: change.kind)),
            "weight": Self.mark(of: change.weight).map { .string($0.lowercased()) },
            "regions": .array(change.words.map(QueryReport.json)),
            "hasMoreRegions": .bool(change.hasMoreRegions),
            "old": json(change.old, old), "new": json(change.new, new),
            "packet": withPackets ? .string(change.example.description) : nil,
          ])
        }),
      "effects": .array(
        difference.effects.map {
          .object(["kind": .string("\($0.kind)"), "text": .string($0.text)])
        }),
      "edits": .array(
        difference.edits.map { edit in
          let silent = silentEdits.contains(edit)
          return .object([
            "kind": .string(edit.kind.rawValue), "what": .string(edit.what),
            "rule": edit.rule.map { .string($0) }, "details": edit.details.map { .string($0) },
            "changesTraffic": .bool(!silent),
            "old": edit.oldSpan.map { json($0, old) }, "new": edit.newSpan.map { json($0, new) },
          ])
        }),
    ])
  }

  private func json(_ span: SourceSpan, _ places: QueryPlaces) -> JSONText {
    let place = places.place(of: span)
    return .object(["file": .string(place.file), "line": .number(place.line)])
  }

  private func json(_ side: TrafficDifference.Side, _ places: QueryPlaces) -> JSONText {
    .object([
      "verdict": .string(side.verdict.keyword), "decidedBy": .string(side.words),
      "name": side.name.map { .string($0) }, "place": side.span.map { json($0, places) },
      "owner": side.owner.map { .string($0) }, "ticket": side.ticket.map { .string($0) },
      "pastGate": side.pass.map { pass in
        .object([
          "name": .string(pass.name), "place": json(pass.span, places),
          "owner": pass.owner.map { .string($0) }, "ticket": pass.ticket.map { .string($0) },
        ])
      },
    ])
  }
}
