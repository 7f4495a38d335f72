import Diagnostics

/// The names of rules, or of tests: given, or derived from what each says, never from where it
/// stands.
///
/// A derived name gives way to a given one by a number at its end, `-2` first.
struct RuleNames {
  private var taken: Set<String> = []
  /// The next number to try for a derived name that was taken.
  private var nextNumber: [String: Int] = [:]

  /// An identifier of the language is at most this long.
  static let byteLimit = 63

  mutating func take(_ name: String) { taken.insert(name) }

  /// The name of an unnamed rule.
  mutating func derive(_ rule: RuleDeclaration) -> String {
    derive(from: RuleNames.content(of: rule))
  }

  /// The name of an unnamed test.
  mutating func derive(_ test: TestDeclaration) -> String {
    derive(from: RuleNames.content(of: test))
  }

  private mutating func derive(from content: String) -> String {
    let base = RuleNames.shortened(content)
    if taken.insert(base).inserted { return base }
    var number = nextNumber[base] ?? 2
    var name: String
    repeat {
      let suffix = "-\(number)"
      name = base.prefix(RuleNames.byteLimit - suffix.utf8.count) + suffix
      number += 1
    } while !taken.insert(name).inserted
    nextNumber[base] = number
    return name
  }

  private static func content(of rule: RuleDeclaration) -> String {
    var words = [rule.verdict.value.rawValue]
    if let published = rule.published {
      words += ["published"] + published.terms.map(\.value)
    } else {
      words += rule.service.terms.map(\.value)
    }
    words += self.words(from: rule.from, to: rule.to)
    if let users = rule.users { words += ["by"] + users.map(\.value) }
    return words.joined(separator: "-")
  }

  private static func content(of test: TestDeclaration) -> String {
    var words = [test.expect.rawValue] + (test.service?.terms.map(\.value) ?? ["any"])
    words += self.words(from: test.from, to: test.to)
    if let inputs = test.inputs { words += ["in"] + inputs.map(\.value) }
    if let outputs = test.outputs { words += ["out"] + outputs.map(\.value) }
    if let users = test.users { words += ["by"] + users.map(\.value) }
    if let states = test.states {
      words += TestState.allCases.filter(states.contains).map(\.rawValue)
    }
    if test.isSpoofed { words.append("spoofed") }
    if test.limitExceeded { words.append("over-limit") }
    if let text = test.asOf?.text { words += ["as-of", text] }
    return words.joined(separator: "-")
  }

  private static func words(from: EndpointExpression?, to: EndpointExpression?) -> [String] {
    [("from", from), ("to", to)].flatMap { word, endpoint in
      let text = endpoint.map { self.words(of: $0) } ?? []
      return text.isEmpty || text == ["any"] ? [] : [word] + text
    }
  }

  private static func words(of endpoint: EndpointExpression) -> [String] {
    switch endpoint {
    case .term(let term): return [term.value]
    case .union(let members, _): return members.flatMap { words(of: $0) }
    case .restricted(let zone, let network, let except, _):
      var result: [String] = []
      if let zone { result += words(of: zone) }
      if let network { result += words(of: network) }
      if let except { result += ["except"] + words(of: except) }
      return result
    }
  }

  /// An identifier: other characters become one `-`, and what is too long ends in a hash of all of
  /// it, so that two long names that begin alike stay apart whatever their order.
  private static func shortened(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      let isKept =
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
          true
        default: false
        }
      if isKept {
        bytes.append(byte)
      } else if bytes.last != UInt8(ascii: "-") {
        bytes.append(0x2D)
      }
    }
    while bytes.last == UInt8(ascii: "-") { bytes.removeLast() }
    guard bytes.count > byteLimit else { return String(decoding: bytes, as: UTF8.self) }
    // FNV-1a, 32 bits: a stable hash, with nothing to defend against.
    var hash: UInt32 = 2_166_136_261
    for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    let digits = String(hash, radix: 16)
    let tail = "-" + String(repeating: "0", count: 8 - digits.count) + digits
    var head = bytes.prefix(byteLimit - tail.utf8.count)
    while head.last == UInt8(ascii: "-") || head.last == UInt8(ascii: ".") { head.removeLast() }
    return String(decoding: head, as: UTF8.self) + tail
  }
}

extension Resolver {
  /// Every given name, and the errors of two rules with one name.
  mutating func givenRuleNames() -> RuleNames {
    var names = RuleNames()
    var known: [String: SourceSpan] = [:]
    for section in [policy.inbound, policy.forward, policy.outbound] {
      for rule in section.rules {
        guard let name = rule.name else { continue }
        names.take(name.value)
        guard let other = known[name.value] else {
          known[name.value] = name.span
          continue
        }
        report(
          Diagnostic(
            .duplicateName, .error, "a rule's name is its own: `\(name.value)` names two rules",
            at: name.span, label: "this rule",
            secondary: [Diagnostic.Label(other, "the other `\(name.value)`")],
            help: [Diagnostic.Help("rename one of the two, or leave its `name` out")]))
      }
    }
    return names
  }
}
