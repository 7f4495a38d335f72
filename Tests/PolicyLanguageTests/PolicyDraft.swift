import Diagnostics
import NetworkTypes
import PolicyLanguage

/// A policy put together by hand, each of its scalars in one text that diagnostics point into.
struct PolicyDraft {
  var policy: Policy
  private var text = ""

  init(role: Role = .host) {
    let start = SourceSpan(file: SourceFileID(index: 0), start: 0, end: 0)
    policy = Policy(name: Located("draft", start), role: Located(role, start))
    policy.name = scalar("draft")
    policy.role = located(role, as: "role")
    for (name, literal) in [
      ("http", "tcp/80"), ("https", "tcp/443"), ("ssh", "tcp/22"), ("smtp", "tcp/25"),
    ] {
      service(name, literal, isBuiltIn: true)
    }
    service("ftp", "tcp/21", helper: .ftp, isBuiltIn: true)
  }

  mutating func scalar(_ value: String) -> Located<String> { located(value, as: value) }

  mutating func located<Value>(_ value: Value, as shown: String) -> Located<Value> {
    let start = text.utf8.count
    text += shown
    let span = SourceSpan(file: SourceFileID(index: 0), start: start, end: text.utf8.count)
    text += "\n"
    return Located(value, span)
  }

  mutating func list(_ terms: [String]) -> EndpointExpression {
    let members = terms.map { EndpointExpression.term(scalar($0)) }
    guard let first = members.first, members.count != 1 else {
      return members.first ?? .union([], scalar("[]").span)
    }
    let end = members.last?.span.end ?? first.span.end
    return .union(
      members, SourceSpan(file: first.span.file, start: Int(first.span.start), end: Int(end)))
  }

  mutating func services(_ terms: [String]) -> ServiceExpression {
    let terms = terms.map { scalar($0) }
    let start = terms.first?.span.start ?? 0
    let end = terms.last?.span.end ?? 0
    return ServiceExpression(
      terms: terms,
      span: SourceSpan(file: SourceFileID(index: 0), start: Int(start), end: Int(end)))
  }

  mutating func zone(
    _ name: String, _ interfaces: String..., kind: ZoneKind? = nil, networks: [String]? = nil,
    antiSpoofing: [AntiSpoofing]? = nil
  ) {
    let name = scalar(name)
    let patterns = interfaces.map { text in
      located(
        InterfacePattern(
          stem: text.hasSuffix("*") ? String(text.dropLast()) : text,
          isWildcard: text.hasSuffix("*")), as: text)
    }
    let kind = kind.map { located($0, as: $0.rawValue) }
    let expression = networks.map { list($0) }
    let modes = antiSpoofing.map { modes in
      located(modes, as: modes.map(\.rawValue).joined(separator: ","))
    }
    policy.zones.append(
      ZoneDeclaration(
        name: name, interfaces: patterns, kind: kind, networks: expression, antiSpoofing: modes,
        span: name.span))
  }

  mutating func network(_ name: String, _ terms: String..., empty: Bool? = nil, atLeast: Int? = nil)
  {
    network(name, .of(list(terms)), empty: empty, atLeast: atLeast)
  }

  mutating func network(
    _ name: String, _ source: NetworkDeclaration.Source, empty: Bool? = nil, atLeast: Int? = nil
  ) {
    let name = scalar(name)
    let empty = empty.map { located($0, as: "\($0)") }
    let atLeast = atLeast.map { located($0, as: "\($0)") }
    policy.networks.append(
      NetworkDeclaration(
        name: name, source: source, mayBeEmpty: empty, atLeast: atLeast, span: name.span))
  }

  mutating func service(
    _ name: String, _ terms: String..., helper: ConntrackHelper? = nil, isOverride: Bool = false,
    isBuiltIn: Bool = false
  ) {
    let name = scalar(name)
    let expression = services(terms)
    let helper = helper.map { located($0, as: $0.rawValue) }
    policy.services.append(
      ServiceDeclaration(
        name: name, of: expression, helper: helper, isOverride: isOverride, isBuiltIn: isBuiltIn))
  }

  mutating func user(_ name: String, _ uid: UInt32) {
    policy.users.append(
      UserDeclaration(name: scalar(name), uid: located(uid, as: "\(uid)")))
  }

  mutating func rule(
    _ verdict: RuleVerdict = .allow, _ services: String..., from: EndpointExpression? = nil,
    to: EndpointExpression? = nil
  ) -> RuleDeclaration {
    let verdict = located(verdict, as: verdict.rawValue)
    let expression = self.services(services)
    var rule = RuleDeclaration(verdict: verdict, service: expression, span: verdict.span)
    rule.from = from
    rule.to = to
    return rule
  }

  mutating func gate(
    clients: [String]? = nil, relays: [String]? = nil, users: [String]? = nil
  ) {
    let key = scalar("smtp-egress")
    var gate = SMTPEgressDeclaration(keySpan: key.span, span: key.span)
    gate.clients = clients.map { list($0) }
    gate.relays = relays.map { list($0) }
    gate.users = users.map { users in
      let terms = users.map { scalar($0) }
      return located(terms, as: "users")
    }
    policy.smtpEgress = gate
  }

  mutating func exception(
    _ from: [String]?, to: [String]? = nil, expires: Int64? = nil
  ) {
    var allow = SMTPEgressDeclaration.Allow(span: scalar("exception").span)
    allow.from = from.map { list($0) }
    allow.to = to.map { list($0) }
    allow.expires = expires.map { located(Timestamp(seconds: $0), as: "\($0)") }
    policy.smtpEgress?.allow.append(allow)
  }

  /// The outcome, with the text under each diagnostic.
  func resolved(files: [String: String] = [:]) -> Outcome {
    var sources = SourceMap()
    _ = sources.add(SourceFile(name: "policy.yaml", bytes: Array(text.utf8)))
    let staged = resolve(policy, provider: ListedFiles(files: files), sources: &sources)
    return Outcome(policy: staged.value, diagnostics: staged.diagnostics, sources: sources)
  }

  struct Outcome {
    var policy: ResolvedPolicy?
    var diagnostics: [Diagnostic]
    var sources: SourceMap

    var codes: [String] { diagnostics.map(\.code.code) }

    /// `code-name: text under the span`, one for each diagnostic.
    var findings: [String] {
      diagnostics.map { diagnostic in
        let text = diagnostic.primary.map { sources.text(of: $0.span) } ?? ""
        return "\(diagnostic.code.name): \(text)"
      }
    }

    var messages: [String] { diagnostics.map(\.message) }

    /// What each help would paste.
    var replacements: [String] {
      diagnostics.flatMap { $0.help.compactMap { $0.replacement?.text } }
    }
  }
}

/// Files by path, and nothing else.
struct ListedFiles: SourceProvider {
  var files: [String: String]

  func read(_ path: String, from name: String?) throws(SourceError) -> ProvidedSource {
    if path.hasSuffix("/") { throw .notARegularFile(kind: "folder") }
    guard let text = files[path] else { throw .notFound }
    return ProvidedSource(name: path, bytes: Array(text.utf8))
  }
}

func addresses(_ literals: String...) -> AddressSet {
  literals.reduce(AddressSet()) { set, text in
    guard let spec = try? parseAddressLiteral(text) else { return set }
    return set.union(spec.addresses)
  }
}

/// Prefixes that stay as they are written.
func written(_ literals: String...) -> WrittenAddresses {
  .joining(literals.map { WrittenAddresses(addresses($0)) })
}
