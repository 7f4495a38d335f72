import Glibc
package import PolicyLanguage

/// One of the routers that share a policy: a name, and the file that gives the variables its values.
package struct Router: Sendable {
  /// The file's name without its folder and ending: `yvr1` of `pops/yvr1.yaml`.
  package var name: String
  /// The file, as it was given or found by a pattern.
  package var path: String
  package var values: ProvidedSource

  /// Why files cannot be the values of routers.
  package struct Misuse: Error, Sendable {
    package var reason: String

    package init(reason: String) { self.reason = reason }
  }

  /// The routers that paths and patterns (glob(7)) name, by their names.
  ///
  /// A pattern that nothing matches is a misuse; a file that is not there cannot be read.
  ///
  /// - Parameters:
  ///   - folder: where relative paths start, with a `/` at its end; empty for the working directory.
  ///   - requiresAll: whether a path without a file is an error.
  package static func read(
    _ patterns: [String], in folder: String = "", requiresAll: Bool = true
  ) throws -> [Router] {
    var routers: [String: Router] = [:]
    for pattern in patterns {
      let paths = expanded(pattern, in: folder)
      if paths.isEmpty, requiresAll {
        // Says of a file that is named why it cannot be read.
        if !isPattern(pattern) { _ = try FileSystemProvider.valuesFile(folder + pattern) }
        throw Misuse(reason: "no file is at `\(pattern)`, and none matches it as a pattern")
      }
      for path in paths {
        let name = try name(of: path)
        if let other = routers[name] {
          if other.path == path { continue }
          throw Misuse(
            reason:
              "a router has one file of values: `\(other.path)` and `\(path)` are both `\(name)`")
        }
        var values = try FileSystemProvider.valuesFile(folder + path)
        values.rename(path.utf8.starts(with: "/".utf8) ? lastPart(of: path) : path)
        routers[name] = Router(name: name, path: path, values: values)
      }
    }
    return routers.keys.sorted().compactMap { routers[$0] }
  }

  /// A file by that very name comes before a pattern.
  private static func expanded(_ pattern: String, in folder: String) -> [String] {
    if access(folder + pattern, F_OK) == 0 { return [pattern] }
    guard isPattern(pattern) else { return [] }
    var escaped = ""
    for scalar in folder.unicodeScalars {
      if "*?[]\\".unicodeScalars.contains(scalar) { escaped += "\\" }
      escaped.unicodeScalars.append(scalar)
    }
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(escaped + pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in
      guard let text = found.gl_pathv[index] else { return nil }
      return String(String(cString: text).dropFirst(folder.count))
    }
  }

  private static func isPattern(_ path: String) -> Bool {
    path.utf8.contains { "*?[".utf8.contains($0) }
  }

  private static func lastPart(of path: String) -> String {
    String(path.split(separator: "/").last ?? "")
  }

  private static func name(of path: String) throws(Misuse) -> String {
    var name = lastPart(of: path)
    for ending in [".yaml", ".yml", ".json"] where name.hasSuffix(ending) {
      name = String(name.dropLast(ending.count))
      break
    }
    let isName =
      name.utf8.first.map { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "-") } == true
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
    guard isName else {
      throw Misuse(
        reason:
          "a router is named by its file, with letters, digits, `_`, `.` and `-`: `\(path)` is not")
    }
    return name
  }
}
