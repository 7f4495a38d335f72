import Diagnostics
import NetworkTypes

/// Where a value that a diagnostic speaks of was written, which a variable may have moved.
extension Resolver {
  /// The text that is the whole of the value: the term itself, or the variable's own.
  ///
  /// Nil where the value was put together from several texts, so that no one of them is at fault.
  func writtenSpan(of term: Located<String>) -> SourceSpan? {
    guard let definition = term.definition else { return term.span }
    let text = sources.text(of: definition)
    let isWhole = text == term.value || text == "\"\(term.value)\"" || text == "'\(term.value)'"
    return isWhole ? definition : nil
  }

  /// A help that can be pasted over the value, where there is one text to paste over.
  func help(_ text: String, writing new: String, over term: Located<String>) -> Diagnostic.Help {
    Diagnostic.Help(text, replacing: writtenSpan(of: term), with: new)
  }

  /// A label at the variable that supplied the value.
  func origin(of term: Located<String>) -> [Diagnostic.Label] {
    term.definition.map { [Diagnostic.Label($0, "the value is written here")] } ?? []
  }

  /// The declared name nearest to a mistyped one.
  ///
  /// Only the first hundred mistakes are worth the search: its cost is that of all names.
  mutating func nearest(to name: String, in names: some Sequence<String>) -> String? {
    guard nearestSearches < 100 else { return nil }
    nearestSearches += 1
    return nearestName(to: name, in: names.sorted())
  }
}
