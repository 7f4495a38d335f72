/// The policy library that users include as `std/…`, carried inside the binary.
package enum PolicyLibrary {
  /// The text of a file by its path relative to Policies/, or nil.
  ///
  /// O(files).
  package static func text(at path: String) -> [UInt8]? {
    guard let file = embeddedPolicies.first(where: { "\($0.path)" == path }) else { return nil }
    return file.text.withUTF8Buffer { Array($0) }
  }

  /// Every path, in byte order.
  package static var paths: [String] { embeddedPolicies.map { "\($0.path)" } }
}
