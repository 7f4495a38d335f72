package import Diagnostics

/// How the language reads the world: the only way in for includes, lists and inventories.
///
/// A provider confines paths to the policy root and never resolves a host name. Reading the same
/// path twice gives the same bytes within one run.
package protocol SourceProvider: Sendable {
  /// Reads a file that `name` (the `home` of a file that this provider gave out, nil for the root
  /// policy itself) refers to as `path`.
  ///
  /// `std/…` is the built-in library and is tried first.
  func read(_ path: String, from name: String?) throws(SourceError) -> ProvidedSource
}

/// A file's bytes and its identity.
package struct ProvidedSource: Sendable {
  /// The text with its lines, found once whoever reads it.
  package private(set) var file: SourceFile

  /// - Parameter home: the name from which the paths in it start, where `name` is for display only.
  package init(
    name: String, bytes: [UInt8], isNamedByOperator: Bool = false, home: String? = nil
  ) {
    file = SourceFile(
      name: name, bytes: bytes, isNamedByOperator: isNamedByOperator, home: home)
  }

  /// What reports show: relative to the root, or `std/…`.
  package var name: String { file.name }
  package var bytes: [UInt8] { file.bytes }

  /// Shows it by another name; the paths in it start where they did.
  package mutating func rename(_ name: String) { file = SourceFile(name: name, sharing: file) }
}

/// Why a file could not be had.
package enum SourceError: Error, Hashable, Sendable {
  case notFound
  /// A folder, device, socket or pipe.
  case notARegularFile(kind: String)
  /// The real path lies outside the root; `root` is its display name.
  case outsideRoot(root: String)
  /// No such file in the built-in library; the nearest ones are named.
  case unknownStandardFile(similar: [String])
  /// Anything else, with the system's errno and its text.
  case unreadable(errno: Int32, text: String)
}
