import CYaml
import Diagnostics

/// What the YAML library says is wrong, in byte offsets.
struct YAMLProblem {
  var problem: String
  var context: String
  var offset: Int
  var contextOffset: Int

  init(_ parser: yaml_parser_t, _ offsets: ScalarOffsets, base: Int) {
    problem = parser.problem.map { String(cString: $0) } ?? "no memory is left"
    context = parser.context.map { String(cString: $0) } ?? ""
    // The reader speaks before there are marks, and in bytes.
    offset =
      parser.error == YAML_READER_ERROR
      ? base + Int(clamping: parser.problem_offset)
      : offsets.byte(ofScalar: Int(clamping: parser.problem_mark.index))
    contextOffset = offsets.byte(ofScalar: Int(clamping: parser.context_mark.index))
  }
}

extension SyntaxParser {
  /// Says in a policy author's words what the YAML library stumbled over.
  func explain(_ found: YAMLProblem) -> Diagnostic {
    let at = min(found.offset, bytes.count)
    if found.problem.contains("nesting level") { return nestingProblem(from: at) }
    if let tab = tabIndent(at) {
      return Diagnostic(
        .tabIndentation, .error, "indentation is made of spaces, not tabs", at: tab,
        help: [
          .init(
            "use spaces", replacing: tab,
            with: String(repeating: "  ", count: tab.range.count))
        ])
    }
    if let comment = commentInBrackets(before: at) {
      return Diagnostic(
        .invalidYAML, .error, "a `#` behind a space begins a comment, up to the end of its line",
        at: comment, label: "`#` begins a comment here",
        help: [.init("quote it", replacing: comment, with: quoted(text(comment)))])
    }
    if let reference = bareReference(at) {
      return Diagnostic(
        .invalidYAML, .error, "inside `[` and `{` a variable stands in quotes", at: reference,
        help: [.init("quote it", replacing: reference, with: quoted(text(reference)))])
    }
    if found.context.contains("tag") || found.problem.contains("tag") {
      let start = at < bytes.count && bytes[at] == UInt8(ascii: "!") ? at : found.contextOffset
      let tag = span(start, wordEnd(start, isFlow: true))
      return Diagnostic(
        .yamlTag, .error, "a policy has no YAML tags", at: tag,
        help: [.init("quote the value if `!` is part of it; exclude with `{ except: NAME }`")])
    }
    if found.context.contains("alias") || found.context.contains("anchor") {
      let word = span(found.contextOffset, wordEnd(found.contextOffset, isFlow: true))
      return Diagnostic(
        .yamlAnchor, .error, "a policy has no YAML anchors and aliases", at: word,
        help: [.init("quote it", replacing: word, with: quoted(text(word)))])
    }
    if found.context.contains("simple key") || found.problem.contains("expected ':'") {
      let start = found.context.isEmpty ? at : found.contextOffset
      return keyProblem(span(start, lineTextEnd(start)))
    }
    if found.context.contains("quoted scalar"), found.problem.contains("end of stream") {
      return Diagnostic(
        .invalidYAML, .error, "a quote that opens must close",
        at: span(found.contextOffset, min(found.contextOffset + 1, bytes.count)))
    }
    if found.context.contains("flow"), at >= bytes.count {
      return Diagnostic(
        .invalidYAML, .error, "a bracket that opens must close",
        at: span(found.contextOffset, min(found.contextOffset + 1, bytes.count)))
    }
    let place = visible(at)
    if found.problem.contains("mapping values are not allowed") {
      return Diagnostic(
        .invalidYAML, .error, "a `:` with a space behind it cannot stand inside a value", at: place,
        help: [.init("quote the value, or give the new key a line of its own")])
    }
    if found.problem.contains("cannot start any token") {
      return Diagnostic(
        .invalidYAML, .error, "`\(text(place))` cannot begin a value", at: place,
        help: [.init("quote the value")])
    }
    if found.context.contains("block") {
      return Diagnostic(
        .invalidYAML, .error, "keys of one map and items of one list are indented alike", at: place,
        notes: ["the YAML reader says: \(found.problem)"],
        help: [.init("check the indentation here and in the line above")])
    }
    return Diagnostic(
      .invalidYAML, .error, "a policy is YAML", at: place,
      notes: ["the YAML reader says: \([found.context, found.problem].joined(separator: ", "))"])
  }

  /// The library reads a run of brackets to its end, and gives up, before it hands over the first.
  private func nestingProblem(from offset: Int) -> Diagnostic {
    var rest = Self.maximumDepth - depth
    for index in offset..<bytes.count where "[{".utf8.contains(bytes[index]) {
      if rest == 0 { return tooDeep(at: index) }
      rest -= 1
    }
    return tooDeep(at: offset)
  }

  private func keyProblem(_ line: SourceSpan) -> Diagnostic {
    if let found = Lookalike.find(in: text(line)), found.meant == "a space" {
      return Diagnostic(
        .missingSpace, .error, found.message, at: line,
        help: [.init("write a space", replacing: line, with: found.mended)])
    }
    if let fixed = withSpaceAfterColon(text(line)) {
      return Diagnostic(
        .missingSpace, .error, "a space stands after the `:` of a key", at: line,
        help: [.init("a space is missing after `:`", replacing: line, with: fixed)])
    }
    return Diagnostic(
      .invalidYAML, .error, "a line in a map is `key: value`", at: line,
      help: [.init("write `:` and a space behind the key")])
  }

  /// The tabs that indent the line of an offset.
  private func tabIndent(_ offset: Int) -> SourceSpan? {
    var start = offset
    while start > 0, !isBreak(bytes[start - 1]) { start -= 1 }
    while start < bytes.count, bytes[start] == UInt8(ascii: " ") { start += 1 }
    var end = start
    while end < bytes.count, bytes[end] == UInt8(ascii: "\t") { end += 1 }
    return end > start ? span(start, end) : nil
  }

  /// The text behind a `#` that hides the end of the bracket still open at an offset.
  ///
  /// An honest comment among the items of a long list closes nothing.
  private func commentInBrackets(before offset: Int) -> SourceSpan? {
    guard let bracket = innermostBracket, bracket < offset else { return nil }
    var quote: UInt8?
    var last = UInt8(ascii: "[")
    var index = bracket
    while index < offset {
      let byte = bytes[index]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"),
        "[{,:".utf8.contains(last)
      {
        quote = byte
      } else if byte == UInt8(ascii: "#"), isBlank(bytes[index - 1]) {
        let end = lineTextEnd(index)
        if ":,[".utf8.contains(last), index + 1 < end, !isBlank(bytes[index + 1]),
          let stop = bytes[index..<end].firstIndex(where: { ",]}".utf8.contains($0) }),
          bytes[stop..<end].contains(where: { "]}".utf8.contains($0) })
        {
          var textEnd = stop
          while isBlank(bytes[textEnd - 1]) { textEnd -= 1 }
          return span(index, textEnd)
        }
        index = end
        continue
      }
      if !isBlank(byte), !isBreak(byte) { last = byte }
      index += 1
    }
    return nil
  }

  /// A `${x}` whose brace was taken for a map.
  private func bareReference(_ offset: Int) -> SourceSpan? {
    guard offset > 0, offset < bytes.count, bytes[offset] == UInt8(ascii: "{"),
      bytes[offset - 1] == UInt8(ascii: "$")
    else { return nil }
    var start = offset - 1
    while start > 0, !isBlank(bytes[start - 1]), !isBreak(bytes[start - 1]),
      !"[{,".utf8.contains(bytes[start - 1])
    {
      start -= 1
    }
    guard let close = bytes[offset...].prefix(80).firstIndex(of: UInt8(ascii: "}")) else {
      return nil
    }
    return span(start, wordEnd(close + 1, isFlow: true))
  }

  /// The character at an offset; at the end of the text, the last one that shows.
  private func visible(_ offset: Int) -> SourceSpan {
    var start = min(offset, bytes.count)
    if start == bytes.count || isBreak(bytes[start]) {
      while start > base, start == bytes.count || isBreak(bytes[start]) || isBlank(bytes[start]) {
        start -= 1
      }
    }
    while start > base, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    var end = min(start + 1, bytes.count)
    while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
    return span(start, end)
  }
}
