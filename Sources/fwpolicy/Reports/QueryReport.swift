import Compiler
import Diagnostics
import PacketSpace
import PolicyAnalysis
import PolicyLanguage

/// Where parts of a policy are written, from the working directory.
struct QueryPlaces {
  var sources: SourceMap
  var rootPrefix: String
  /// Other names for files, by the names that they have in `sources`.
  var aliases: [String: String] = [:]

  /// `policy.yaml:41`.
  func citation(of span: SourceSpan) -> String {
    let place = place(of: span)
    return "\(place.file):\(place.line)"
  }

  func place(of span: SourceSpan) -> (file: String, line: Int) {
    let file = sources[span.file]
    if let alias = aliases[file.name] { return (alias, file.line(at: Int(span.start))) }
    let isElsewhere = file.isNamedByOperator || file.name.utf8.starts(with: "std/".utf8)
    return ((isElsewhere ? "" : rootPrefix) + file.name, file.line(at: Int(span.start)))
  }
}

/// The answer to a question about a region, hook by hook.
struct QueryReport {
  private var answers: [QueryAnswer] = []
  /// Of the one packet that the question is about.
  private var trace: PolicyTrace?
  private let places: QueryPlaces

  init(
    _ asked: QuestionedPolicy, about policy: ResolvedPolicy, showsTrace: Bool, places: QueryPlaces
  ) throws(PacketSpaceError) {
    self.places = places
    let questions = try PolicyQuestions(
      about: policy, interfaceNames: asked.selections.flatMap(\.interfaceNames))
    for selection in asked.selections {
      let answer = try questions.answer(about: selection)
      if !answer.isEmpty { answers.append(answer) }
    }
    // Every packet of an only answer fares alike: any of them shows the way.
    if showsTrace, answers.count == 1, let only = answers.first, only.parts.count == 1 {
      trace = PolicyMeaning(of: policy).trace(only.parts[0].example)
    }
  }

  var isEmpty: Bool { answers.isEmpty }

  private var parts: [QueryAnswer.Part] { answers.flatMap(\.parts) }

  // MARK: Text

  var text: String {
    var text = ""
    for part in parts {
      text += "\(part.decision.verdict.keyword): \(words(for: part))\n"
      for region in part.regions { text += "  \(region)\n" }
      if part.hasMoreRegions { text += "  and more\n" }
      text += "  for example \(part.example)\n"
    }
    guard let trace else { return text }
    text += "its way:\n"
    for step in trace.steps {
      let place = step.span.map { " (\(places.citation(of: $0)))" } ?? ""
      text += "  \(step.asked)\(place): \(step.answer)\n"
    }
    return text
  }

  private func words(for part: QueryAnswer.Part) -> String {
    let decision = part.decision
    var words = "\(decision.verdict.participle) by \(decision.deciderWords)"
    if let span = decision.decider?.span { words += " (\(places.citation(of: span)))" }
    if let pass = decision.gatePass {
      words += ", past the gate by \(pass.words) (\(places.citation(of: pass.span)))"
    }
    return words
  }

  // MARK: JSON

  var json: JSONText {
    .object([
      "version": .number(1),
      "answers": .array(
        parts.map { part in
          .object(
            Self.members(of: part.decision, places: places) + [
              .init("packet", .string(part.example.description)),
              .init("regions", .array(part.regions.map(Self.json))),
              .init("hasMoreRegions", .bool(part.hasMoreRegions)),
            ])
        }),
      "trace": trace.map { trace in
        .array(
          trace.steps.map { step in
            let place = step.span.map(places.place)
            return .object([
              "asked": .string(step.asked), "answer": .string(step.answer),
              "file": place.map { .string($0.file) }, "line": place.map { .number($0.line) },
            ])
          })
      },
    ])
  }

  static func members(of decision: Decision, places: QueryPlaces) -> [JSONText.Member] {
    let place = decision.decider.map { places.place(of: $0.span) }
    return [
      .init("verdict", .string(decision.verdict.keyword)),
      .init("how", .string(decision.verdict.rawValue)),
      .init("step", .number(decision.step.rawValue)),
      .init("decidedBy", .string(decision.deciderWords)),
    ] + (decision.decider.map { [.init("name", .string($0.name))] } ?? [])
      + (place.map { [.init("file", .string($0.file)), .init("line", .number($0.line))] } ?? [])
  }

  static func json(_ region: RegionWords) -> JSONText {
    .object([
      "hook": .string(region.path.rawValue), "from": .string(region.from),
      "to": .string(region.to), "service": .string(region.service),
      "conditions": .array(region.conditions.map { .string($0) }),
    ])
  }
}
