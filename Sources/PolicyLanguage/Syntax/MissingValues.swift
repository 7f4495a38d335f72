import Diagnostics

/// Keys and items without a value, and what was meant: a comment to quote, a space, a list.
extension SyntaxParser {
  mutating func reportNull(_ value: String, _ place: SourceSpan) {
    guard value.isEmpty else {
      diagnostics.append(
        Diagnostic(
          .nullValue, .error, "null is not a value", at: place,
          help: [
            .init("remove the key"),
            .init("or quote it, if text is meant", replacing: place, with: quoted(value)),
          ]))
      return
    }
    guard let frame = stack.last, frame.isMapping, let key = frame.key else {
      // An empty list item; the mark stands behind its dash.
      let start = Int(place.start)
      let dash = start > 0 && bytes[start - 1] == UInt8(ascii: "-") ? start - 1 : start
      diagnostics.append(
        Diagnostic(
          .nullValue, .error, "a list item has a value", at: span(dash, start),
          help: [.init("remove the dash, or write a value behind it")]))
      return
    }
    var index = Int(key.span.end)
    while index < bytes.count, isBlank(bytes[index]) { index += 1 }
    guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else {
      reportStrayKey(key)
      stack[stack.count - 1].key = SyntaxNode(.unusable, key.span)
      return
    }
    index += 1
    while index < bytes.count, isBlank(bytes[index]) { index += 1 }
    let name = key.text ?? ""
    if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "#"), !isBlank(bytes[index + 1]),
      !isBreak(bytes[index + 1]), bytes[index + 1] != UInt8(ascii: "#")
    {
      let comment = span(index, lineTextEnd(index))
      diagnostics.append(
        Diagnostic(
          .nullValue, .error, "`\(name)` has a value", at: comment,
          label: "`#` begins a comment here",
          help: [.init("quote it", replacing: comment, with: quoted(text(comment)))]))
      return
    }
    diagnostics.append(
      Diagnostic(
        .nullValue, .error, "`\(name)` has a value", at: key.span,
        help: [.init("write a value (`[]` is an empty list, `{}` an empty map), or remove the key")]
      ))
  }

  /// A key of a flow map without a colon: `{from:noc}`, or the rest of a list without brackets.
  private mutating func reportStrayKey(_ key: SyntaxNode) {
    let name = key.text ?? ""
    if case .scalar(_, .plain) = key.content, let found = Lookalike.find(in: name),
      found.meant == "a space"
    {
      diagnostics.append(
        Diagnostic(
          .missingSpace, .error, found.message, at: key.span,
          help: [.init("write a space", replacing: key.span, with: found.mended)]))
      return
    }
    if case .scalar(_, .plain) = key.content, let fixed = withSpaceAfterColon(name) {
      diagnostics.append(
        Diagnostic(
          .missingSpace, .error, "a space stands after the `:` of a key", at: key.span,
          help: [
            .init("a space is missing after `:`", replacing: key.span, with: fixed)
          ]))
      return
    }
    guard let frame = stack.last, let previous = frame.pairs.last else {
      diagnostics.append(
        Diagnostic(
          .nullValue, .error, "`\(name)` has a value", at: key.span,
          help: [.init("write `\(name): VALUE`")]))
      return
    }
    if frame.commaRun != nil {
      // One report covers the whole run: widen it.
      extendCommaRun(to: Int(key.span.end))
      return
    }
    guard previous.value.text != nil, isOnlyComma(previous.value.span, key.span) else {
      diagnostics.append(
        Diagnostic(
          .nullValue, .error, "`\(name)` has a value", at: key.span,
          help: [.init("write `\(name): VALUE`")]))
      return
    }
    stack[stack.count - 1].commaRun = (Int(previous.value.span.start), Int(key.span.end))
    diagnostics.append(commaProblem(Int(previous.value.span.start), Int(key.span.end), key.span))
  }

  private mutating func extendCommaRun(to end: Int) {
    guard let run = stack[stack.count - 1].commaRun,
      let index = diagnostics.lastIndex(where: { $0.code == .unlistedComma })
    else { return }
    stack[stack.count - 1].commaRun = (run.start, end)
    diagnostics[index] = commaProblem(run.start, end, span(run.start, end))
  }

  private func commaProblem(_ start: Int, _ end: Int, _ stray: SourceSpan) -> Diagnostic {
    let whole = span(start, end)
    let list = bracketed(text(whole))
    return Diagnostic(
      .unlistedComma, .error, "a value with `,` in it is a list in `[` and `]`", at: whole,
      help: [.init("write a list: `\(list)`", replacing: whole, with: list)])
  }

  private func isOnlyComma(_ a: SourceSpan, _ b: SourceSpan) -> Bool {
    guard a.end <= b.start else { return false }
    return bytes[Int(a.end)..<Int(b.start)].allSatisfy {
      isBlank($0) || $0 == UInt8(ascii: ",")
    }
  }
}
