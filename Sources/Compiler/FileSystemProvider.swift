import Glibc
import NetworkTypes
package import PolicyLanguage
import PolicyLibrary
import Synchronization

/// Reads policies, includes and lists from files, and keeps them inside the policy root.
///
/// The root is the folder given, else the nearest folder above the policy that holds `fwpolicy.root`,
/// else the policy's own folder. Where a file lies is asked about the file that has been opened, so
/// that no link can be turned after the check. Only regular files are opened for reading: a pipe does
/// not block and a device is not touched. A policy by the name `-` is standard input, whose relative
/// paths start at the working directory, or at the root where that is elsewhere.
///
/// A link counts as the file that it leads to: names and relative paths are those of the real file.
package final class FileSystemProvider: SourceProvider {
  /// No file larger than this is read.
  package static let sizeLimit = 1 << 30
  /// What reports call standard input.
  package static let standardInputName = "<stdin>"

  private let root: PolicyRoot?
  /// The folder from which standard input's relative paths start, relative to the root.
  private let standardInputFolder: String
  /// The root policy, opened when the root was found; or why it could not be.
  private let policy: Result<ProvidedSource, SourceError>
  /// What has been read, by what was asked for and by name: the same bytes within a run.
  private let known = Mutex<[String: ProvidedSource]>([:])
  /// What leads from the working directory to the root: `""` or `edge/`; nil where the root is not
  /// below it.
  package let rootFromWorkingDirectory: String?

  /// Finds the root and reads the policy.
  ///
  /// - Throws: if the root that is given is no folder. A policy that cannot be read is reported by
  ///   `read`.
  package init(policy path: String, root given: String? = nil) throws(SystemError) {
    let working = try? FileDescriptor.open(".", openPathOnly | O_DIRECTORY).realPath()
    var root = try given.map { path throws(SystemError) in try PolicyRoot(path) }
    var result: Result<ProvidedSource, SourceError>
    do throws(SourceError) {
      if path == "-" {
        if root == nil, let working { root = try? PolicyRoot(PolicyRoot.nearest(to: working)) }
        result = .success(
          ProvidedSource(name: Self.standardInputName, bytes: try Self.readStandardInput()))
      } else {
        let opened = try Self.translating { () throws(SystemError) in
          try FileDescriptor.open(path, openPathOnly)
        }
        let real = try Self.translating { () throws(SystemError) in try opened.realPath() }
        if root == nil {
          root = try? PolicyRoot(PolicyRoot.nearest(to: parentFolder(of: real)))
        }
        result = .success(try Self.read(opened, real, below: root))
      }
    } catch {
      result = .failure(error)
    }
    policy = result
    self.root = root
    standardInputFolder = working.flatMap { root?.relative($0) } ?? ""
    rootFromWorkingDirectory = Self.prefix(from: working, to: root?.path)
  }

  package func read(_ path: String, from name: String?) throws(SourceError) -> ProvidedSource {
    guard let name else { return try policy.get() }
    if path.utf8.starts(with: "std/".utf8) { return try Self.standardFile(path) }
    let folder = name == Self.standardInputName ? standardInputFolder : Self.folder(of: name)
    if name.utf8.starts(with: "std/".utf8), !path.utf8.starts(with: "/".utf8) {
      return try Self.standardFile(Self.simplified(Self.join(folder, path)))
    }
    let wanted = Self.join(folder, path)
    if let source = known.withLock({ $0[wanted] }) { return source }
    guard let root else { throw .notFound }
    let opened = try Self.open(wanted, in: root)
    let real = try Self.translating { () throws(SystemError) in try opened.realPath() }
    if let source = known.withLock({ $0[real] }) { return source }
    let source = try Self.read(opened, real, below: root)
    return known.withLock { known in
      known[wanted] = source
      known[real] = source
      return source
    }
  }

  /// Opens a path; one that leads out of the root is refused alike whether it exists or not.
  private static func open(_ path: String, in root: PolicyRoot) throws(SourceError)
    -> FileDescriptor
  {
    do throws(SystemError) {
      return try root.open(path)
    } catch {
      if root.leaves(path) { throw .outsideRoot(root: lastPart(of: root.path)) }
      throw sourceError(error)
    }
  }

  // MARK: Reading

  /// Reads an opened file if it is a regular one inside the root.
  private static func read(
    _ opened: borrowing FileDescriptor, _ real: String, below root: PolicyRoot?
  ) throws(SourceError) -> ProvidedSource {
    guard let root, let name = root.relative(real) else {
      throw .outsideRoot(root: root.map { lastPart(of: $0.path) } ?? "/")
    }
    let number = opened.number
    let status = try translating { () throws(SystemError) in
      var result = stat()
      if fstat(number, &result) != 0 { throw SystemError("fstat", errno: errno) }
      return result
    }
    guard status.kind == S_IFREG else { throw .notARegularFile(kind: status.kindName) }
    if status.st_size > sizeLimit { throw tooLarge }
    // The opened file once more, for reading: the same file, whatever its path has become.
    let bytes = try translating { () throws(SystemError) in
      let readable = try FileDescriptor.open("/proc/self/fd/\(number)", O_RDONLY | O_NONBLOCK)
      return try readable.readAll(expecting: Int(status.st_size), limit: sizeLimit)
    }
    return ProvidedSource(name: name, bytes: bytes)
  }

  private static func readStandardInput() throws(SourceError) -> [UInt8] {
    try translating { () throws(SystemError) in
      let copy = dup(STDIN_FILENO)
      if copy < 0 { throw SystemError("standard input cannot be read", errno: errno) }
      return try FileDescriptor(adopting: copy).readAll(expecting: 1 << 16, limit: sizeLimit)
    }
  }

  /// A file that the operator names for `--values`, wherever it lies.
  ///
  /// It is shown by its path as given, an absolute one by its last part. Paths in it start at the
  /// folder of the real file; those of a pipe start where standard input's do.
  package static func valuesFile(_ path: String) throws(SystemError) -> ProvidedSource {
    let opened = try FileDescriptor.open(path, openPathOnly)
    let status = try opened.status()
    if status.kind == S_IFDIR { throw SystemError("`\(path)` cannot be read", errno: EISDIR) }
    let bytes: [UInt8]
    let home: String
    do throws(SystemError) {
      let readable = try FileDescriptor.open("/proc/self/fd/\(opened.number)", O_RDONLY)
      bytes = try readable.readAll(expecting: max(0, Int(status.st_size)), limit: sizeLimit)
      home = status.kind == S_IFREG ? try opened.realPath() : standardInputName
    } catch {
      throw SystemError("`\(path)` cannot be read", errno: error.errno)
    }
    let isAbsolute = path.utf8.starts(with: "/".utf8)
    return ProvidedSource(
      name: isAbsolute ? lastPart(of: path) : path, bytes: bytes, isNamedByOperator: true,
      home: home)
  }

  private static var tooLarge: SourceError {
    .unreadable(errno: EFBIG, text: "it is larger than \(sizeLimit >> 20) MiB")
  }

  private static func translating<Value: ~Copyable>(
    _ body: () throws(SystemError) -> Value
  ) throws(SourceError) -> Value {
    do throws(SystemError) {
      return try body()
    } catch {
      throw sourceError(error)
    }
  }

  private static func sourceError(_ error: SystemError) -> SourceError {
    switch error.errno {
    case ENOENT, ENOTDIR: .notFound
    case EFBIG: tooLarge
    default: .unreadable(errno: error.errno, text: systemText(of: error.errno))
    }
  }

  // MARK: The library

  private static func standardFile(_ path: String) throws(SourceError) -> ProvidedSource {
    let prefix = "std/"
    let name = simplified(path)
    let inner = String(name.dropFirst(prefix.count))
    guard name.utf8.starts(with: prefix.utf8), let bytes = PolicyLibrary.text(at: inner) else {
      let names = PolicyLibrary.paths.map { prefix + $0 }
      let near = [nearestName(to: name, in: names)].compactMap { $0 }
      throw .unknownStandardFile(similar: near)
    }
    return ProvidedSource(name: name, bytes: bytes)
  }

  /// The services that every policy knows.
  package static var builtInServices: ProvidedSource? {
    PolicyLibrary.text(at: "services.yaml").map {
      ProvidedSource(name: "std/services.yaml", bytes: $0)
    }
  }

  // MARK: Paths

  private static func join(_ folder: String, _ path: String) -> String {
    path.utf8.starts(with: "/".utf8) || folder.isEmpty ? path : folder + "/" + path
  }

  private static func folder(of name: String) -> String {
    guard let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    return String(name[..<slash])
  }

  private static func lastPart(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? "/"
  }

  /// Without `.`, `..` and empty parts; only for names of the library, where there are no links.
  private static func simplified(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }

  private static func prefix(from working: String?, to root: String?) -> String? {
    guard let working, let root else { return nil }
    if root == working { return "" }
    let start = working == "/" ? "/" : working + "/"
    guard root.utf8.starts(with: start.utf8) else { return nil }
    return String(decoding: root.utf8.dropFirst(start.utf8.count), as: UTF8.self) + "/"
  }
}
