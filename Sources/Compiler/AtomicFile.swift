package import Glibc
import Synchronization

/// Writes a file whole or not at all.
///
/// The bytes go to a temporary file in the same folder, to the disk, and then take the name in one
/// step. A link is followed: the file that it leads to is replaced and the link stays. An existing
/// file's mode is kept, and its owner where that is allowed; a new file has mode 0644 less the umask, unless
/// it is given another.
/// What exists and is a device or a pipe (`/dev/stdout`) is written to instead, since putting a file
/// in its place would destroy it.
/// A signal that ends the program waits while files are written, and leaves no temporary file.
package enum AtomicFile {
  /// - Parameter newMode: of a file that is new, whatever the umask.
  package static func write(
    _ bytes: [UInt8], to path: String, newMode: mode_t? = nil
  ) throws(SystemError) {
    try naming(path) { () throws(SystemError) in
      // Whoever reads a pipe may make the writer wait: a signal ends that at once.
      if try writeSpecial(bytes, to: path) { return }
      try HeldSignals.during { (signals) throws(SystemError) in
        let prepared = try prepare(bytes, for: path, newMode: newMode)
        do throws(SystemError) {
          try signals.check()
          try prepared.takeName()
        } catch {
          prepared.abandon()
          throw error
        }
      }
    }
  }

  /// Writes several files, all or none.
  ///
  /// All bytes are on the disk before the first file takes its name, so that a full disk or a folder
  /// that may not be written changes nothing; what is no regular file is refused. Folders that are
  /// missing are made. The names are taken in the order given; a signal that comes before the first is
  /// taken ends the writing, a later one waits for the last.
  package static func write(all files: [(path: String, bytes: [UInt8])]) throws(SystemError) {
    try HeldSignals.during { (signals) throws(SystemError) in
      try write(all: files, signals)
    }
  }

  private static func write(
    all files: [(path: String, bytes: [UInt8])], _ signals: HeldSignals
  ) throws(SystemError) {
    var prepared: [(path: String, file: Prepared)] = []
    do throws(SystemError) {
      for file in files {
        try naming(file.path) { () throws(SystemError) in
          try makeFolder(of: file.path)
          prepared.append((file.path, try prepare(file.bytes, for: file.path)))
          try signals.check()
        }
      }
    } catch {
      for one in prepared { one.file.abandon() }
      throw error
    }
    for (index, one) in prepared.enumerated() {
      do throws(SystemError) {
        try naming(one.path) { () throws(SystemError) in try one.file.takeName() }
      } catch {
        for rest in prepared[index...] { rest.file.abandon() }
        throw error
      }
    }
  }

  /// The one name of the file that a path would be written to, links followed; nothing need exist.
  package static func place(of path: String) throws(SystemError) -> String {
    let target = try finalTarget(of: path)
    let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    let name = slash.map { String(target[target.utf8.index(after: $0)...]) } ?? target
    let folder = slash == nil ? "." : parentFolder(of: target)
    if let found = realpath(folder.isEmpty ? "/" : folder, nil) {
      defer { free(found) }
      return String(cString: found) + "/" + name
    }
    let above = try place(of: folder)
    switch name {
    case "", ".": return above
    // The folder above will be made, no link: what leads out of it leads to the one that holds it.
    case "..": return parentFolder(of: above)
    default: return above + "/" + name
    }
  }

  /// So that temporary files of one run have names of their own at once.
  private static let temporaries = Atomic<Int>(0)

  private static func naming(
    _ path: String, _ body: () throws(SystemError) -> Void
  ) throws(SystemError) {
    do throws(SystemError) {
      try body()
    } catch {
      throw SystemError("`\(path)` cannot be written", errno: error.errno)
    }
  }

  /// Makes the folders that lead to a path, where they are missing.
  private static func makeFolder(of path: String) throws(SystemError) {
    guard path.utf8.contains(UInt8(ascii: "/")) else { return }
    let folder = parentFolder(of: path)
    if folder.isEmpty || access(folder, F_OK) == 0 { return }
    try makeFolder(of: folder)
    if mkdir(folder, 0o777) != 0, errno != EEXIST { throw SystemError("mkdir", errno: errno) }
  }

  /// Bytes on the disk, under a name of no meaning beside the one that they shall have.
  private final class Prepared {
    private let folder: FileDescriptor
    private let temporary: String
    private let name: String

    init(folder: consuming FileDescriptor, temporary: String, name: String) {
      self.folder = folder
      self.temporary = temporary
      self.name = name
    }

    func takeName() throws(SystemError) {
      if renameat(folder.number, temporary, folder.number, name) != 0 {
        throw SystemError("rename", errno: errno)
      }
      // Some file systems cannot sync a folder, and say EINVAL.
      if fsync(folder.number) != 0, errno != EINVAL { throw SystemError("fsync", errno: errno) }
    }

    /// Takes the bytes away again; of one that has its name already, nothing.
    func abandon() { unlinkat(folder.number, temporary, 0) }
  }

  /// Writes bytes straight to a device or a pipe; false of anything else.
  private static func writeSpecial(_ bytes: [UInt8], to path: String) throws(SystemError) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0, status.kind != S_IFREG, status.kind != S_IFDIR else {
      return false
    }
    let special = try FileDescriptor.open(path, O_WRONLY)
    try special.writeAll(bytes)
    return true
  }

  /// Writes bytes beside their path.
  private static func prepare(
    _ bytes: [UInt8], for path: String, newMode: mode_t? = nil
  ) throws(SystemError) -> Prepared {
    var status = stat()
    let exists = stat(path, &status) == 0
    if !exists, errno != ENOENT { throw SystemError("stat", errno: errno) }
    if exists {
      switch status.kind {
      case S_IFREG: break
      case S_IFDIR: throw SystemError("open", errno: EISDIR)
      default: throw SystemError("open", errno: EEXIST)
      }
    }
    let target = try finalTarget(of: path)
    let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    let name = slash.map { String(target[target.utf8.index(after: $0)...]) } ?? target
    if name.isEmpty { throw SystemError("open", errno: EISDIR) }
    let folderPath = slash == nil ? "." : parentFolder(of: target)
    let folder = try FileDescriptor.open(folderPath, O_RDONLY | O_DIRECTORY)

    let temporary = try Temporary(in: folder.number, mode: exists ? 0o600 : 0o644)
    do throws(SystemError) {
      try temporary.file.writeAll(bytes)
      if exists {
        // Only root may give files away; a file that keeps its mode is still ours to write.
        if fchown(temporary.file.number, status.st_uid, status.st_gid) != 0, errno != EPERM {
          throw SystemError("fchown", errno: errno)
        }
        if fchmod(temporary.file.number, status.st_mode & 0o777) != 0 {
          throw SystemError("fchmod", errno: errno)
        }
      } else if let newMode, fchmod(temporary.file.number, newMode) != 0 {
        throw SystemError("fchmod", errno: errno)
      }
      if fsync(temporary.file.number) != 0 { throw SystemError("fsync", errno: errno) }
    } catch {
      unlinkat(folder.number, temporary.name, 0)
      throw error
    }
    return Prepared(folder: folder, temporary: temporary.name, name: name)
  }

  /// What a chain of links ends at, which need not exist.
  private static func finalTarget(of path: String) throws(SystemError) -> String {
    var path = path
    for _ in 0..<40 {
      guard let next = linkTarget(of: path) else { return path }
      if next.utf8.first == UInt8(ascii: "/") || !path.utf8.contains(UInt8(ascii: "/")) {
        path = next
      } else {
        path = parentFolder(of: path) + "/" + next
      }
    }
    throw SystemError("readlink", errno: ELOOP)
  }

  /// A new file in a folder, under a name that nothing else has.
  private struct Temporary: ~Copyable {
    let name: String
    let file: FileDescriptor

    init(in folder: Int32, mode: mode_t) throws(SystemError) {
      var attempt = 0
      while true {
        let number = AtomicFile.temporaries.wrappingAdd(1, ordering: .relaxed).oldValue
        let name = ".fwpolicy-\(getpid())-\(number).tmp"
        do throws(SystemError) {
          file = try FileDescriptor.open(
            name, in: folder, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
          self.name = name
          return
        } catch {
          // A name that an earlier run of the same process id left behind.
          attempt += 1
          if error.errno != EEXIST || attempt == 100 { throw error }
        }
      }
    }
  }
}
