import Glibc

/// The folder that nothing a policy reads may lie outside of, held open.
final class PolicyRoot: Sendable {
  /// Absolute, every link resolved.
  let path: String
  private let folder: FileDescriptor

  init(_ path: String) throws(SystemError) {
    folder = try FileDescriptor.open(path, openPathOnly | O_DIRECTORY)
    self.path = try folder.realPath()
  }

  /// The nearest folder from `start` (absolute, links resolved) upwards that holds `fwpolicy.root`,
  /// or `start` itself.
  static func nearest(to start: String) -> String {
    var folder = start
    while true {
      let marker = folder == "/" ? "/fwpolicy.root" : folder + "/fwpolicy.root"
      if access(marker, F_OK) == 0 { return folder }
      if folder == "/" || folder.isEmpty { return start }
      folder = parentFolder(of: folder)
    }
  }

  /// A path below the root, relative to it; nil for any other.
  func relative(_ absolute: String) -> String? {
    let prefix = path == "/" ? "/" : path + "/"
    guard absolute.utf8.starts(with: prefix.utf8) else { return nil }
    return String(decoding: absolute.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }

  /// What a link below the root says; nil where there is none.
  func linkTarget(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let count = readlinkat(folder.number, path, start, buffer.count)
      guard count >= 0 else { return nil }
      return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// Opens a path (relative to the root, or absolute) without reading it, whatever it is.
  func open(_ path: String) throws(SystemError) -> FileDescriptor {
    try FileDescriptor.open(path, in: folder.number, openPathOnly)
  }
}

/// An absolute path without its last part.
func parentFolder(of path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
  return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
}
