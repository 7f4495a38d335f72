/// One use of a template: its text, and the row that gave it its values.
///
/// A value that an instance brought carries a span whose file names the instance; offsets are those
/// of the template's file. So every stage can work on instances as on any other text, two instances
/// are never taken for one, and what is said about them leads to both places.
package struct SourceInstance: Hashable, Sendable {
  /// The file that the template stands in.
  package var file: SourceFileID
  /// The row: in its inventory, or in the policy.
  package var row: SourceSpan
  /// Which group of instances it belongs to: those that one entry of `instances` made.
  package var group: Int

  package init(file: SourceFileID, row: SourceSpan, group: Int) {
    self.file = file
    self.row = row
    self.group = group
  }
}

extension SourceFileID {
  /// Files count from 0, instances from here.
  private static let firstInstance: UInt32 = 1 << 31

  init(instance: Int) { index = Self.firstInstance + UInt32(instance) }

  /// Whether spans with it stand in an instance of a template.
  package var isInstance: Bool { instance != nil }

  /// The place of the instance in its source map, where it is one.
  var instance: Int? {
    index < Self.firstInstance ? nil : Int(index - Self.firstInstance)
  }
}

extension SourceSpan {
  /// The same stretch of another file, or of an instance of this one.
  package func inFile(_ file: SourceFileID) -> SourceSpan {
    SourceSpan(file: file, start: Int(start), end: Int(end))
  }
}
