package import PolicyLanguage

/// Files that exist only in a test, by the names that policies use.
///
/// A relative path is looked up as it is, whoever includes it.
package struct MemoryProvider: SourceProvider {
  package var files: [String: [UInt8]]

  package init(_ files: [String: String]) { self.files = files.mapValues { Array($0.utf8) } }

  package init(bytes files: [String: [UInt8]]) { self.files = files }

  package func read(_ path: String, from name: String?) throws(SourceError) -> ProvidedSource {
    guard let bytes = files[path] else {
      throw path.hasPrefix("std/") ? .unknownStandardFile(similar: []) : .notFound
    }
    return ProvidedSource(name: path, bytes: bytes)
  }
}
