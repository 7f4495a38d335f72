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
  var stack: [Frame] = []
  private var root: SyntaxNode?

  /// A list or map that is still open.
  struct Frame {
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
}
