/// A line of a policy's files, as it is shown to people.
package struct Place: Hashable, Sendable, CustomStringConvertible {
  package var file: String
  package var line: Int

  package init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  /// `policy.yaml:41`.
  package var description: String { "\(file):\(line)" }
}
