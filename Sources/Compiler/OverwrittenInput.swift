package import Diagnostics
import Glibc

/// Refuses to write a product over what it is made from.
///
/// - Parameters:
///   - outputs: where products go.
///   - inputs: every file that was read; those that only exist inside the program count for nothing.
///   - rootPrefix: from the working directory to the policy root.
/// - Throws: what names the output, before anything is written.
package func refuseOverwriting(
  _ inputs: [SourceMap], rootPrefix: String?, by outputs: [String]
) throws(SystemError) {
  var names: Set<String> = []
  for file in inputs.lazy.flatMap(\.files) {
    names.insert(SourcePresentation.name(of: file, rootPrefix: rootPrefix))
  }
  let known = Set(names.compactMap(finalPath))
  for output in outputs {
    guard let path = finalPath(of: output), known.contains(path) else { continue }
    throw SystemError(
      "`\(output)` is an input of this policy and would be lost: nothing is written", errno: 0)
  }
}

/// Refuses products that would take one another's place: two names of one file.
///
/// - Throws: what names both, before anything is written.
package func refuseSharing(_ outputs: [String]) throws(SystemError) {
  var known: [String: String] = [:]
  for output in outputs {
    if let other = known.updateValue(output, forKey: try AtomicFile.place(of: output)) {
      throw SystemError("`\(other)` and `\(output)` are one file: nothing is written", errno: 0)
    }
  }
}

/// Links followed; nil for what is not there.
private func finalPath(of path: String) -> String? {
  guard let found = realpath(path, nil) else { return nil }
  defer { free(found) }
  return String(cString: found)
}
