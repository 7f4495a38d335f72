import Diagnostics

extension DecodingContext {
  private static let defaultsKeys = KeyTable(
    what: "`defaults`", known: ["outbound", "invalid", "log", "inbound", "forward"])

  mutating func defaults(_ node: SyntaxNode) -> Defaults {
    var defaults = Defaults()
    guard let entries = entries(node, Self.defaultsKeys) else { return defaults }
    defaults.outbound = entries["outbound"].flatMap { choice($0, "`outbound`") }
    defaults.invalid = entries["invalid"].flatMap { choice($0, "`invalid`") }
    defaults.log = entries["log"].flatMap { log($0) }
    for key in ["inbound", "forward"] {
      guard let value = entries[key], let found = text(value, "`\(key)`") else { continue }
      if found.value != "deny" {
        report(
          .fixedDefault, "what no rule of `\(key)` allows is denied", at: value,
          help: [
            .init("write `deny`", replacing: value.writtenSpan, with: "deny"),
            .init("to open everything, end `\(key)` with a rule `- { allow: any }`"),
          ])
      }
    }
    return defaults
  }
}
