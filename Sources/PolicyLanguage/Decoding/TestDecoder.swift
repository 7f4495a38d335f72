import Diagnostics

extension DecodingContext {
  private static let testKeys = KeyTable(
    what: "a test", known: TestKey.allCases.map(\.rawValue),
    synonyms: [
      "expected": "expect", "verdict": "expect", "source": "from", "src": "from",
      "destination": "to", "dst": "to", "dest": "to", "port": "service", "ports": "service",
      "iif": "in", "iifname": "in", "input": "in", "oif": "out", "oifname": "out",
      "output": "out", "users": "user", "time": "as-of", "date": "as-of",
    ], shape: "{ expect: allow, to: self, service: ssh }")

  /// The list `tests`.
  mutating func tests(_ node: SyntaxNode) -> [TestDeclaration] {
    var tests: [TestDeclaration] = []
    for item in list(node, "`tests`") ?? [] { appendTest(item, to: &tests) }
    return tests
  }

  private mutating func appendTest(_ node: SyntaxNode, to tests: inout [TestDeclaration]) {
    // A variable may hold several tests.
    if case .sequence(let items) = node.content, node.definition != nil {
      for item in items { appendTest(item, to: &tests) }
      return
    }
    if let test = test(node) { tests.append(test) }
  }

  /// One test, or a question that is written like one and whose path is known.
  mutating func test(_ node: SyntaxNode, about known: PolicySection? = nil) -> TestDeclaration? {
    let hasVerdict = reportVerdicts(of: node)
    guard let entries = entries(withoutVerdicts(node), Self.testKeys) else { return nil }
    let name = entries["name"].flatMap { testName($0) }
    if !entries.has("expect"), !entries.hasUnknownKeys, !hasVerdict {
      report(
        .missingKey, "a test says what it expects", at: node,
        help: [.init("write `expect: allow`, `deny`, `reject`, or `blocked` for either of the two")]
      )
    }
    let expect = entries["expect"].flatMap { choice($0, "`expect`", of: TestExpectation.self) }
    let from = entries["from"].flatMap { endpoint($0, "`from`") }
    let to = entries["to"].flatMap { endpoint($0, "`to`") }
    let path = known ?? path(of: entries, from: from, to: to)
    var test = TestDeclaration(
      path: path ?? .forward, expect: expect?.value ?? .allow, span: node.span)
    test.name = name
    test.from = from
    test.to = to
    test.service = entries["service"].flatMap { service($0, "`service`") }
    test.inputs = entries["in"].flatMap { testInterfaces($0, "`in`", path) }
    test.outputs = entries["out"].flatMap { testInterfaces($0, "`out`", path) }
    test.states = entries["state"].flatMap { testStates($0) }
    test.users = entries["user"].flatMap { users($0) }
    test.isSpoofed = entries["spoofed"].flatMap { boolean($0, "`spoofed`") }?.value ?? false
    test.limitExceeded = entries["limit"].map { isExceeded($0) } ?? false
    test.asOf = entries["as-of"].flatMap { timestamp($0, "`as-of`", mayBeLeftOut: false) }?.value
    for key in TestKey.allCases { test.valueSpans[key] = entries[key.rawValue]?.span }
    if let path { checkKeys(of: entries, path) }
    return path != nil && expect != nil ? test : nil
  }

  // MARK: - What a test is about

  /// Nil where an endpoint could not be read, and where both are this machine.
  private mutating func path(
    of entries: Entries, from: EndpointExpression?, to: EndpointExpression?
  ) -> PolicySection? {
    if (entries.has("from") && from == nil) || (entries.has("to") && to == nil) { return nil }
    switch (from?.isThisMachine ?? false, to?.isThisMachine ?? false) {
    case (false, true): return .inbound
    case (true, false): return .outbound
    case (false, false): return .forward
    case (true, true):
      if let fromNode = entries["from"], let toNode = entries["to"] {
        report(
          .conflictingKeys, "a test has `self` in `from` or in `to`, not in both", at: toNode,
          secondary: [.init(fromNode.span, "also `self`")],
          notes: ["what a machine sends to itself is loopback, and always accepted"],
          help: [.init("make two tests of it, one for what comes and one for what goes")])
      }
      return nil
    }
  }

  /// Reports keys that say nothing of such packets.
  private mutating func checkKeys(of entries: Entries, _ path: PolicySection) {
    func refuse(_ key: String, _ message: String, _ help: String) {
      guard let pair = entries.pair(key) else { return }
      report(.misplacedKey, message, at: pair.key, help: [.init(help)])
    }
    if path != .outbound {
      refuse(
        "user", "`user` goes with `from: self`: only this machine's own packets have one",
        "write `from: self`, or remove `user`")
    }
    if path == .outbound {
      refuse(
        "in", "`in` does not go with `from: self`: such a packet came by no interface",
        "name the interface in `out`, or remove `in`")
      refuse(
        "spoofed", "`spoofed` does not go with `from: self`: such a packet came by no interface",
        "remove `spoofed`")
    }
    if path == .inbound {
      refuse(
        "out", "`out` does not go with `to: self`: such a packet leaves by no interface",
        "name the interface in `in`, or remove `out`")
    }
  }

  // MARK: - Rules among the tests

  private func isVerdict(_ pair: SyntaxPair) -> Bool { RuleVerdict(rawValue: pair.name) != nil }

  /// Reports `{ allow: ssh }`, which is how a rule is written; whether there was one.
  private mutating func reportVerdicts(of node: SyntaxNode) -> Bool {
    guard case .mapping(let pairs) = node.content else { return false }
    let verdicts = pairs.filter(isVerdict)
    for pair in verdicts {
      let service = pair.value.text ?? "SERVICE"
      report(
        .misplacedKey, "`\(pair.name)` makes a rule: a test says what it expects", at: pair.key,
        help: [.init("write `expect: \(pair.name)` and `service: \(service)`")])
    }
    return !verdicts.isEmpty
  }

  private func withoutVerdicts(_ node: SyntaxNode) -> SyntaxNode {
    guard case .mapping(let pairs) = node.content else { return node }
    var result = node
    result.content = .mapping(pairs.filter { !isVerdict($0) })
    return result
  }

  // MARK: - Values

  /// Any text that stands on one line of a report.
  private mutating func testName(_ node: SyntaxNode) -> Located<String>? {
    guard let found = text(node, "the name of a test") else { return nil }
    let isOneLine = found.value.unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control && $0.value != 0x2028 && $0.value != 0x2029
    }
    guard isOneLine, !found.value.utf8.allSatisfy(isBlank) else {
      report(.invalidText, "the name of a test is text on one line", at: node)
      return nil
    }
    return found
  }

  private mutating func testStates(_ node: SyntaxNode) -> Set<TestState>? {
    let items = items(node)
    if items.isEmpty { report(.wrongType, "`state` names at least one state", at: node) }
    return Set(items.compactMap { choice($0, "`state`", of: TestState.self)?.value })
  }

  private mutating func isExceeded(_ node: SyntaxNode) -> Bool {
    guard let found = text(node, "`limit` of a test") else { return false }
    guard found.value == "exceeded" else {
      report(
        .unknownChoice, "`limit` of a test is `exceeded`", at: node,
        notes: ["without `limit`, every limit has room"],
        help: [.init("write `exceeded`", replacing: node.writtenSpan, with: "exceeded")])
      return false
    }
    return true
  }

  /// Names of zones and interfaces.
  private mutating func testInterfaces(_ node: SyntaxNode, _ what: String, _ path: PolicySection?)
    -> [Located<String>]?
  {
    let items = items(node)
    if items.isEmpty {
      report(.wrongType, "\(what) names at least one zone or interface", at: node)
      return nil
    }
    return items.compactMap { testInterface($0, what, path) }
  }

  private mutating func testInterface(_ node: SyntaxNode, _ what: String, _ path: PolicySection?)
    -> Located<String>?
  {
    guard let found = text(node, what) else { return nil }
    let name = found.value
    if name == "any" || name == "self" {
      report(
        .invalidInterface, "\(what) names a zone or an interface, not `\(name)`", at: node,
        help: [.init("leave \(what) out: without it every interface but `lo` is meant")])
    } else if name == "lo", path == .forward {
      report(
        .invalidInterface, "nothing is forwarded from or to `lo`", at: node,
        help: [.init("write `to: self` or `from: self`, or leave \(what) out")])
    } else if name.utf8.last == UInt8(ascii: "*") {
      report(
        .invalidInterface, "\(what) names a zone or an interface, not a pattern", at: node,
        help: [.init("name the zone, or one of the interfaces")])
    } else if !Identifier.isValid(name), let (message, help) = interfaceProblem(name, node) {
      report(.invalidInterface, message, at: node, help: [help])
    } else {
      return found
    }
    return nil
  }
}

extension EndpointExpression {
  /// Whether it is `self`, or `self` narrowed: `{ zone: self, network: 192.0.2.1 }`.
  ///
  /// A list is only if all of it is.
  fileprivate var isThisMachine: Bool {
    switch self {
    case .term(let term): term.value == "self"
    case .union(let members, _): !members.isEmpty && members.allSatisfy(\.isThisMachine)
    case .restricted(let zone, let network, _, _):
      zone?.isThisMachine == true || network?.isThisMachine == true
    }
  }
}
