package import Diagnostics

/// A value and where it was written.
///
/// Where a variable supplied the value, `span` is the place of use and `definition` is the
/// variable's own text.
package struct Located<Value> {
  package var value: Value
  package var span: SourceSpan
  package var definition: SourceSpan?

  package init(_ value: Value, _ span: SourceSpan, definition: SourceSpan? = nil) {
    self.value = value
    self.span = span
    self.definition = definition
  }

  package func map<New>(_ transform: (Value) throws -> New) rethrows -> Located<New> {
    Located<New>(try transform(value), span, definition: definition)
  }
}

extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
extension Located: Sendable where Value: Sendable {}
