import Diagnostics

/// HTML on its way to being a page: elements are closed where they are opened, and text is escaped.
struct HTMLWriter {
  private(set) var text = ""

  /// An element and what is in it.
  mutating func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
    _ body: (inout HTMLWriter) -> Void
  ) {
    open(name, attributes)
    body(&self)
    text += "</\(name)>"
  }

  /// An element that holds nothing but text.
  mutating func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], text body: String
  ) {
    element(name, attributes) { $0.write(body) }
  }

  /// An element that holds words of a diagnostic.
  mutating func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], words body: String
  ) {
    element(name, attributes) { $0.writeWords(body) }
  }

  /// An element that has no end: `<meta>`, or one of SVG that closes itself.
  mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
    text += "<\(name)"
    for (key, value) in attributes { text += " \(key)=\"\(xmlText(value))\"" }
    text += ">"
  }

  mutating func write(_ words: String) { text += xmlText(words) }

  /// Words of a diagnostic: what stands in backticks is a name of the policy's.
  mutating func writeWords(_ words: String) {
    let pieces = words.split(separator: "`", omittingEmptySubsequences: false)
    for (index, piece) in pieces.enumerated() {
      // Without a second backtick, the first is a character like others.
      if index % 2 == 1, index + 1 < pieces.count {
        element("code", text: String(piece))
      } else {
        write((index % 2 == 1 ? "`" : "") + piece)
      }
    }
  }

  /// What is markup already: the style sheet.
  mutating func writeMarkup(_ markup: String) { text += markup }
}
