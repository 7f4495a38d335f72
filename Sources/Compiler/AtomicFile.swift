import Glibc

/// Writes a file whole or not at all.
///
/// The bytes go to a temporary file in the same folder, to the disk, and then take the name in one
/// step. A link is followed: the file that it leads to is replaced and the link stays. An existing
/// file's mode is kept, and its owner where that is allowed; a new file has mode 0644 less the umask.
/// What exists and is a device or a pipe (`/dev/stdout`) is written to instead, since putting a file
/// in its place would destroy it.
package enum AtomicFile {
  package static func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
    do throws(SystemError) {
      try replace(path, with: bytes)
    } catch {
      throw SystemError("`\(path)` cannot be written", errno: error.errno)
    }
  }

  private static func replace(_ path: String, with bytes: [UInt8]) throws(SystemError) {
    var status = stat()
    let exists = stat(path, &status) == 0
    if !exists, errno != ENOENT { throw SystemError("stat", errno: errno) }
    if exists {
      switch status.kind {
      case S_IFREG: break
      case S_IFDIR: throw SystemError("open", errno: EISDIR)
      default:
        let special = try FileDescriptor.open(path, O_WRONLY)
        return try special.writeAll(bytes)
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
      }
      if fsync(temporary.file.number) != 0 { throw SystemError("fsync", errno: errno) }
      if renameat(folder.number, temporary.name, folder.number, name) != 0 {
        throw SystemError("rename", errno: errno)
      }
    } catch {
      unlinkat(folder.number, temporary.name, 0)
      throw error
    }
    // Some file systems cannot sync a folder, and say EINVAL.
    if fsync(folder.number) != 0, errno != EINVAL { throw SystemError("fsync", errno: errno) }
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
        let name = ".fwpolicy-\(getpid())-\(attempt).tmp"
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
