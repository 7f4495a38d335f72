import Diagnostics

/// The parts of the default log prefix, `fwpolicy/SECTION/RULE/VERDICT: `.
struct LogPrefix {
  var section: String
  var rule: String
  var verdict: String

  /// nftables: a log prefix is at most 127 bytes (NF_LOG_PREFIXLEN counts the NUL).
  static let byteLimit = 127

  /// Complete; a long rule name is cut, never the verdict.
  var text: String {
    let head = "fwpolicy/\(section)/"
    let tail = "/\(verdict): "
    let room = LogPrefix.byteLimit - head.utf8.count - tail.utf8.count
    return head + LogPrefix.cut(LogPrefix.cleaned(rule), to: max(0, room)) + tail
  }

  /// What the kernel can be given for an author's own prefix.
  static func own(_ text: String) -> String { cut(cleaned(text), to: byteLimit) }

  /// An author's own prefix for what was over a limit: with the end of its own that tells the
  /// excess from what the rule accepted.
  static func over(_ own: String) -> String {
    let tail = "/over: "
    var head = own[...]
    while let last = head.last, last == " " || last == ":" { head.removeLast() }
    return cut(String(head), to: byteLimit - tail.utf8.count) + tail
  }

  /// nft has no escape for `"` and takes what stands behind `$` for a variable; a control character
  /// would break a log line in two, and one that turns the direction of text would hide some of it.
  private static func cleaned(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result.append("'")
      case "\\": result.append("/")
      case "$": result.append("_")
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: result.append(" ")
        default: result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }

  /// The longest beginning of at most `limit` bytes that splits no scalar.
  private static func cut(_ text: String, to limit: Int) -> String {
    if text.utf8.count <= limit { return text }
    var result = String.UnicodeScalarView()
    var length = 0
    for scalar in text.unicodeScalars {
      length += UTF8.width(scalar)
      if length > limit { break }
      result.append(scalar)
    }
    return String(result)
  }
}

/// The `log:` keys that hold at one place: its own, then its section's, then the defaults'.
struct LogSettings {
  var isSilenced = false
  var target = LogDeclaration.Target.kernel
  var rate = LogRate(count: 10, unit: .second)
  var burst: UInt32 = 20
  var prefix: String?

  /// The settings one level further in.
  func inheriting(_ declaration: LogDeclaration?) -> LogSettings {
    guard let declaration else { return self }
    var settings = self
    settings.isSilenced = declaration.switch == .none
    if let target = declaration.to?.value { settings.target = target }
    if let rate = declaration.rate?.value { settings.rate = rate }
    if let burst = declaration.burst?.value { settings.burst = burst }
    if let prefix = declaration.prefix?.value { settings.prefix = LogPrefix.own(prefix) }
    return settings
  }

  /// The log statement here, unless this place or one around it says `log: none`.
  func log(_ form: LogPrefix) -> ResolvedLog? {
    if isSilenced { return nil }
    return ResolvedLog(to: target, rate: rate, burst: burst, prefix: prefix ?? form.text)
  }

  /// The log statement of a limit's excess here; the prefix is never that of what was accepted.
  func excessLog(_ form: LogPrefix) -> ResolvedLog? {
    var log = log(form)
    if let prefix { log?.prefix = LogPrefix.over(prefix) }
    return log
  }
}

extension Resolver {
  /// Warns where an author's own prefix cannot reach the log as it is written.
  mutating func checkPrefix(_ declaration: LogDeclaration?) {
    guard let prefix = declaration?.prefix else { return }
    let sent = LogPrefix.own(prefix.value)
    guard sent != prefix.value else { return }
    warn(
      Diagnostic(
        .logPrefixChanged, .warning,
        "a log prefix should have at most \(LogPrefix.byteLimit) bytes and no quotes, backslashes, dollar signs or control characters",
        at: prefix.span, notes: ["the log will show `\(sent)`"],
        help: [Diagnostic.Help("shorten it, or leave those characters out")]))
  }
}
