import CYaml
import Diagnostics

/// Reads the YAML of one file into a tree in which every scalar knows its bytes.
///
/// The only place that knows the YAML library. It works from the library's events and its own
/// stack, because only events carry end marks, anchors and repeated keys; the C module is the
/// lower half of the Yams package.
struct SyntaxParser {
  /// Lists and maps inside each other; a policy needs about eight.
  static let maximumDepth = 64
  /// Long lists belong in list files, which are not YAML.
  static let maximumBytes = 16 << 20

  let bytes: [UInt8]
  let file: SourceFileID
  let base: Int
  let offsets: ScalarOffsets
  var diagnostics: [Diagnostic] = []
  private var stack: [Frame] = []
  private var root: SyntaxNode?

  /// A list or map that is still open.
  private struct Frame {
    var isMapping: Bool
    var isFlow: Bool
    var start: Int
    var end: Int
    var items: [SyntaxNode] = []
    var pairs: [SyntaxPair] = []
    var key: SyntaxNode?
    /// Where each key stands in `pairs`.
    var keys: [String: Int] = [:]
    /// The start of the value that a stray comma cut, and the end of the strays so far.
    var commaRun: (start: Int, end: Int)?
  }

  /// The tree is nil where the text is not YAML at all; a broken value inside is `.unusable`.
  static func parse(_ source: SourceFile, id: SourceFileID) -> Staged<SyntaxNode> {
    let bytes = source.bytes
    let end = SourceSpan(file: id, start: 0, end: 0)
    guard bytes.count <= maximumBytes else {
      return Staged(
        nil,
        [
          Diagnostic(
            .fileTooLarge, .error, "a policy file has at most 16 MiB", at: end,
            help: [.init("move long address lists to list files: `{ file: PATH }`")])
        ])
    }
    if let problem = encodingProblem(bytes, id) { return Staged(nil, [problem]) }
    let base = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var parser = SyntaxParser(
      bytes: bytes, file: id, base: base, offsets: ScalarOffsets(bytes, base: base))
    parser.run()
    if parser.root == nil, parser.diagnostics.isEmpty {
      parser.diagnostics.append(
        Diagnostic(
          .emptyFile, .error, "a policy file says something", at: end,
          help: [.init("begin with `fwpolicy: 1`")]))
    }
    return Staged(parser.root, parser.diagnostics)
  }

  private init(bytes: [UInt8], file: SourceFileID, base: Int, offsets: ScalarOffsets) {
    self.bytes = bytes
    self.file = file
    self.base = base
    self.offsets = offsets
  }

  private static func encodingProblem(_ bytes: [UInt8], _ id: SourceFileID) -> Diagnostic? {
    if let bad = firstInvalidUTF8(bytes) {
      return Diagnostic(
        .notUTF8, .error, "a policy is UTF-8 text",
        at: SourceSpan(file: id, start: bad, end: bad + 1),
        help: [.init("save the file as UTF-8")])
    }
    let control = bytes.firstIndex {
      ($0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D) || $0 == 0x7F
    }
    guard let control else { return nil }
    let span = SourceSpan(file: id, start: control, end: control + 1)
    let name = bytes[control] == 0 ? "a NUL byte" : "a control character"
    return Diagnostic(
      .controlCharacter, .error, "\(name) cannot stand in a policy", at: span,
      help: [.init("remove it", replacing: span, with: "")])
  }

  /// The first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7).
  private static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
    var index = 0
    while index < bytes.count {
      let lead = bytes[index]
      if lead < 0x80 {
        index += 1
        continue
      }
      let rest: Int
      var second: ClosedRange<UInt8> = 0x80...0xBF
      switch lead {
      case 0xC2...0xDF: rest = 1
      case 0xE0: (rest, second) = (2, 0xA0...0xBF)
      case 0xED: (rest, second) = (2, 0x80...0x9F)
      case 0xE1...0xEF: rest = 2
      case 0xF0: (rest, second) = (3, 0x90...0xBF)
      case 0xF1...0xF3: rest = 3
      case 0xF4: (rest, second) = (3, 0x80...0x8F)
      default: return index
      }
      guard index + rest < bytes.count, second.contains(bytes[index + 1]) else { return index }
      if rest > 1 {
        for next in 2...rest where bytes[index + next] & 0xC0 != 0x80 { return index }
      }
      index += rest + 1
    }
    return nil
  }

  // MARK: - Events

  private mutating func run() {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else {
      diagnostics.append(
        Diagnostic(.invalidYAML, .error, "no memory is left to read the file", at: span(base, base))
      )
      return
    }
    defer { yaml_parser_delete(&parser) }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
    // The parser keeps the pointer: every event must be asked for inside the closure.
    let text = bytes
    text.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress, buffer.count > base else { return }
      yaml_parser_set_input_string(&parser, start + base, buffer.count - base)
      var documents = 0
      while true {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else {
          diagnostics.append(explain(YAMLProblem(parser, offsets, base: base)))
          root = nil
          return
        }
        defer { yaml_event_delete(&event) }
        if event.type == YAML_STREAM_END_EVENT { return }
        if event.type == YAML_DOCUMENT_START_EVENT {
          documents += 1
          if documents > 1 {
            reportSecondDocument(at: offset(event.start_mark))
            return
          }
        }
        guard handle(event) else {
          root = nil
          return
        }
      }
    }
  }

  /// How many lists and maps are open.
  var depth: Int { stack.count }

  /// Where the innermost `[` or `{` that is still open stands.
  var innermostBracket: Int? { stack.last { $0.isFlow }?.start }

  /// False ends the reading.
  private mutating func handle(_ event: yaml_event_t) -> Bool {
    let start = offset(event.start_mark)
    let end = offset(event.end_mark)
    switch event.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      addScalar(
        string(scalar.value, scalar.length), style: scalar.style, start: start, end: end,
        isDecorated: scalar.tag != nil || scalar.anchor != nil)
    case YAML_ALIAS_EVENT:
      let place = span(start, end)
      diagnostics.append(
        Diagnostic(
          .yamlAnchor, .error, "a policy has no YAML aliases", at: place,
          help: [
            .init("put the value under `variables` and write `\"${name}\"` here"),
            .init("or quote it, if `*` is meant", replacing: place, with: quoted(text(place))),
          ]))
      add(SyntaxNode(.unusable, place))
    case YAML_SEQUENCE_START_EVENT:
      let list = event.data.sequence_start
      if list.tag != nil || list.anchor != nil { reportDecorations(start: start, value: nil) }
      return open(
        Frame(
          isMapping: false, isFlow: list.style == YAML_FLOW_SEQUENCE_STYLE, start: start, end: end))
    case YAML_MAPPING_START_EVENT:
      let map = event.data.mapping_start
      if map.tag != nil || map.anchor != nil { reportDecorations(start: start, value: nil) }
      return open(
        Frame(
          isMapping: true, isFlow: map.style == YAML_FLOW_MAPPING_STYLE, start: start, end: end))
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      close(markedEnd: end)
    default:
      break
    }
    return true
  }

  private mutating func open(_ frame: Frame) -> Bool {
    guard stack.count < Self.maximumDepth else {
      diagnostics.append(tooDeep(at: frame.start))
      return false
    }
    stack.append(frame)
    return true
  }

  func tooDeep(at start: Int) -> Diagnostic {
    Diagnostic(
      .nestedTooDeep, .error, "lists and maps nest at most \(Self.maximumDepth) deep",
      at: span(start, min(start + 1, bytes.count)))
  }

  private mutating func close(markedEnd: Int) {
    guard let frame = stack.popLast() else { return }
    // Only a bracket's own mark is where the text ends: a block ends where the next token begins,
    // and the single pair in `[a: b]` has no braces.
    let closer = UInt8(ascii: frame.isMapping ? "}" : "]")
    let isClosed = frame.isFlow && markedEnd > frame.end && bytes[markedEnd - 1] == closer
    let end = isClosed ? markedEnd : frame.end
    let place = span(frame.start, end)
    add(
      SyntaxNode(frame.isMapping ? .mapping(frame.pairs) : .sequence(frame.items), place))
  }

  private mutating func addScalar(
    _ value: String, style: yaml_scalar_style_t, start: Int, end: Int, isDecorated: Bool
  ) {
    let isBlock = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE
    let isPlain = style == YAML_PLAIN_SCALAR_STYLE
    let place = span(start, isBlock ? trimmedEnd(start, end) : end)
    if isDecorated {
      reportDecorations(start: start, value: (value, place))
      add(SyntaxNode(.unusable, place))
      return
    }
    let isKey = stack.last.map { $0.isMapping && $0.key == nil } ?? false
    if !isKey, isPlain, ["", "~", "null", "Null", "NULL"].contains(value) {
      reportNull(value, place)
      add(SyntaxNode(.unusable, place))
      return
    }
    add(SyntaxNode(.scalar(value, isPlain ? .plain : isBlock ? .block : .quoted), place))
  }

  private mutating func add(_ node: SyntaxNode) {
    guard !stack.isEmpty else {
      root = node
      return
    }
    let last = stack.count - 1
    stack[last].end = max(stack[last].end, Int(node.span.end))
    guard stack[last].isMapping else {
      stack[last].items.append(node)
      return
    }
    guard let key = stack[last].key else {
      stack[last].key = node
      return
    }
    stack[last].key = nil
    addPair(key, node)
  }

  private mutating func addPair(_ key: SyntaxNode, _ value: SyntaxNode) {
    let last = stack.count - 1
    guard let name = key.text else {
      if !key.isUnusable {
        diagnostics.append(Diagnostic(.keyNotText, .error, "a key is text", at: key.span))
      }
      // It stays as a sign that something here was not understood.
      stack[last].pairs.append(
        SyntaxPair(key: SyntaxNode(.unusable, key.span), value: SyntaxNode(.unusable, value.span)))
      return
    }
    if name == "<<", case .scalar(_, .plain) = key.content {
      // What is wrong in its value goes away with it.
      while let last = diagnostics.last?.primary, last.span.start >= key.span.start {
        diagnostics.removeLast()
      }
      diagnostics.append(
        Diagnostic(
          .mergeKey, .error, "a policy has no YAML merge keys", at: key.span,
          help: [.init("write the keys out, or use a group or `variables`")]))
      // What it would have brought must not be called missing.
      stack[last].pairs.append(
        SyntaxPair(key: SyntaxNode(.unusable, key.span), value: SyntaxNode(.unusable, value.span)))
      return
    }
    if let first = stack[last].keys[name] {
      diagnostics.append(
        Diagnostic(
          .duplicateKey, .error, "a key stands once in a map: `\(name)`", at: key.span,
          secondary: [.init(stack[last].pairs[first].key.span, "first given here")],
          help: [.init("remove one of the two, or make the value a list")]))
      return
    }
    // An unusable value keeps its key, so that nothing is called missing.
    stack[last].keys[name] = stack[last].pairs.count
    stack[last].pairs.append(SyntaxPair(key: key, value: value))
  }

  // MARK: - Traps

  private mutating func reportSecondDocument(at start: Int) {
    let end = bytes[start...].starts(with: "---".utf8) ? start + 3 : min(start + 1, bytes.count)
    diagnostics.append(
      Diagnostic(
        .secondDocument, .error, "a policy file holds one YAML document", at: span(start, end),
        help: [.init("move what follows to a file of its own and `include` it")]))
  }

  /// Tags and anchors at the head of a value.
  private mutating func reportDecorations(start: Int, value: (text: String, span: SourceSpan)?) {
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

  private mutating func reportNull(_ value: String, _ place: SourceSpan) {
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

  // MARK: - Text

  func span(_ start: Int, _ end: Int) -> SourceSpan {
    SourceSpan(file: file, start: start, end: end)
  }

  func text(_ span: SourceSpan) -> String {
    String(decoding: bytes[span.range.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }

  private func offset(_ mark: yaml_mark_t) -> Int {
    offsets.byte(ofScalar: Int(clamping: mark.index))
  }

  private func string(_ start: UnsafeMutablePointer<yaml_char_t>?, _ length: Int) -> String {
    guard let start else { return "" }
    return String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
  }

  /// A block scalar's mark includes the blank lines behind it.
  private func trimmedEnd(_ start: Int, _ end: Int) -> Int {
    var end = end
    while end > start, isBlank(bytes[end - 1]) || isBreak(bytes[end - 1]) { end -= 1 }
    return end
  }

  private func isOnlyComma(_ a: SourceSpan, _ b: SourceSpan) -> Bool {
    guard a.end <= b.start else { return false }
    return bytes[Int(a.end)..<Int(b.start)].allSatisfy {
      isBlank($0) || $0 == UInt8(ascii: ",")
    }
  }
}
