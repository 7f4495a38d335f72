import Diagnostics

extension DecodingContext {
  private static let logKeys = KeyTable(
    what: "`log`", known: ["to", "rate", "burst", "prefix"],
    synonyms: ["limit": "rate", "target": "to", "group": "to", "level": "to"])
  /// NF_LOG_PREFIXLEN (linux/netfilter/nf_log.h) less its NUL.
  private static let longestPrefix = 127

  /// `true`, a prefix, `none`, or `{ to, rate, burst, prefix }`.
  mutating func log(_ node: SyntaxNode) -> LogDeclaration? {
    switch node.content {
    case .unusable:
      return nil
    case .sequence:
      reportWrongType(node, "`log`", is: "`true`, `none`, a prefix or a map")
      return nil
    case .scalar(let text, let style):
      return log(node, text, isPlain: style == .plain)
    case .mapping:
      guard let entries = entries(node, Self.logKeys) else { return nil }
      var log = LogDeclaration(.on, span: node.span)
      log.to = entries["to"].flatMap { logTarget($0) }
      log.rate = entries["rate"].flatMap { value in
        guard let found = self.text(value, "`rate`") else { return nil }
        return rate(found.value, value, "`rate`").map { rate in found.map { _ in rate } }
      }
      log.burst = entries["burst"].flatMap { burst($0) }
      log.prefix = entries["prefix"].flatMap { prefix($0) }
      return log
    }
  }

  private mutating func log(_ node: SyntaxNode, _ text: String, isPlain: Bool) -> LogDeclaration? {
    if isPlain {
      switch text {
      case "true":
        return LogDeclaration(.on, span: node.span)
      case "none":
        return LogDeclaration(.none, span: node.span)
      default:
        let meant: String? =
          switch text.lowercased() {
          case "true", "yes", "on": "true"
          case "false", "no", "off": "none"
          default: nil
          }
        if let meant {
          report(
            .invalidLog, "`log` is `true`, `none`, a prefix or a map", at: node,
            help: [
              .init("write `\(meant)`", replacing: node.writtenSpan, with: meant),
              .init("or quote it, if it is the prefix"),
            ])
          return nil
        }
      }
    }
    guard let prefix = prefix(node) else { return nil }
    var log = LogDeclaration(.on, span: node.span)
    log.prefix = prefix
    return log
  }

  private mutating func logTarget(_ node: SyntaxNode) -> Located<LogDeclaration.Target>? {
    guard let found = text(node, "`to`") else { return nil }
    if found.value == "kernel" { return found.map { _ in .kernel } }
    let words = found.value.split(separator: " ")
    if words.count == 2, words[0] == "group", let group = Self.decimal(words[1]),
      let number = UInt16(exactly: group)
    {
      return found.map { _ in .group(number) }
    }
    report(
      .invalidLog, "a log goes `to` the `kernel` or to `group N`, N from 0 to 65535", at: node)
    return nil
  }

  private mutating func prefix(_ node: SyntaxNode) -> Located<String>? {
    guard let found = text(node, "`prefix`") else { return nil }
    let bytes = found.value.utf8
    guard !bytes.isEmpty, bytes.count <= Self.longestPrefix else {
      report(.invalidLog, "a log prefix has 1 to \(Self.longestPrefix) bytes", at: node)
      return nil
    }
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
      report(
        .invalidLog, "a log prefix has no quotes, backslashes and control characters", at: node)
      return nil
    }
    return found
  }
}
