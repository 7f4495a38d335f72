import Diagnostics

/// YAML that a policy does without: second documents, tags and anchors.
extension SyntaxParser {
  mutating func reportSecondDocument(at start: Int) {
    let end = bytes[start...].starts(with: "---".utf8) ? start + 3 : min(start + 1, bytes.count)
    diagnostics.append(
      Diagnostic(
        .secondDocument, .error, "a policy file holds one YAML document", at: span(start, end),
        help: [.init("move what follows to a file of its own and `include` it")]))
  }

  /// Tags and anchors at the head of a value.
  mutating func reportDecorations(start: Int, value: (text: String, span: SourceSpan)?) {
    var index = start
    let isFlow = stack.last?.isFlow ?? false
    while index < bytes.count,
      bytes[index] == UInt8(ascii: "!") || bytes[index] == UInt8(ascii: "&")
    {
      let end = wordEnd(index, isFlow: isFlow)
      if bytes[index] == UInt8(ascii: "!") {
        reportTag(index, end, value)
      } else {
        diagnostics.append(
          Diagnostic(
            .yamlAnchor, .error, "a policy has no YAML anchors", at: span(index, end),
            help: [.init("put the value under `variables` and write `\"${name}\"`")]))
      }
      index = end
      while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
    }
  }

  private mutating func reportTag(
    _ start: Int, _ end: Int, _ value: (text: String, span: SourceSpan)?
  ) {
    let tag = text(span(start, end))
    var whole = span(start, end)
    var help: [Diagnostic.Help] = []
    if let value, !tag.hasPrefix("!!"), !tag.hasPrefix("!<") {
      // `!noc`, or `! noc`: someone means "not".
      var name = String(tag.dropFirst())
      if name.isEmpty, !value.text.isEmpty {
        whole = span(start, Int(value.span.end))
        name = value.text
      }
      if !name.isEmpty, name == value.text || value.text.isEmpty {
        help = [
          .init("write `{ except: \(name) }`", replacing: whole, with: "{ except: \(name) }")
        ]
      }
    }
    if help.isEmpty {
      help = [.init("remove the tag: the key decides a value's type", replacing: whole, with: "")]
    }
    diagnostics.append(
      Diagnostic(.yamlTag, .error, "a policy has no YAML tags", at: whole, help: help))
  }
}
