import Glibc

/// An open file, closed when its owner lets go of it.
struct FileDescriptor: ~Copyable {
  let number: Int32

  init(adopting number: Int32) { self.number = number }

  deinit { close(number) }

  /// Opens a path.
  ///
  /// `folder` is what a relative path starts from, AT_FDCWD for the working directory. O_CLOEXEC and
  /// O_NOCTTY are always added.
  static func open(_ path: String, in folder: Int32 = AT_FDCWD, _ flags: Int32, mode: mode_t = 0)
    throws(SystemError) -> FileDescriptor
  {
    // A NUL would end the path early for the system, and name another file.
    if path.utf8.contains(0) { throw SystemError("`\(path)` cannot be opened", errno: EINVAL) }
    let opened = retrying { openat(folder, path, flags | O_CLOEXEC | O_NOCTTY, mode) }
    if let number = opened.errno {
      throw SystemError("`\(path)` cannot be opened", errno: number)
    }
    return FileDescriptor(adopting: opened.value)
  }

  /// What the file is.
  func status() throws(SystemError) -> stat {
    var result = stat()
    if fstat(number, &result) != 0 {
      throw SystemError("an open file cannot be examined", errno: errno)
    }
    return result
  }

  /// Where the kernel has the open file, every link resolved: proc(5), /proc/PID/fd.
  ///
  /// About the file that is open, whatever has become of the path since.
  func realPath() throws(SystemError) -> String {
    guard let path = linkTarget(of: "/proc/self/fd/\(number)") else {
      throw SystemError("/proc/self/fd cannot be read", errno: errno)
    }
    if path.utf8.count >= Int(PATH_MAX) {
      throw SystemError("a path is too long", errno: ENAMETOOLONG)
    }
    return path
  }

  /// Everything up to the end of the file, at most `limit` bytes: EFBIG beyond.
  func readAll(expecting size: Int, limit: Int) throws(SystemError) -> [UInt8] {
    var failure: Int32?
    // One byte more than expected, so that the end is seen without a second allocation.
    let first = min(max(size, 0), limit) + 1
    var bytes = [UInt8](unsafeUninitializedCapacity: first) { buffer, count in
      failure = fill(UnsafeMutableRawBufferPointer(buffer), &count)
    }
    var mayHaveMore = bytes.count == first
    while mayHaveMore, failure == nil, bytes.count <= limit {
      let more = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
        failure = fill(UnsafeMutableRawBufferPointer(buffer), &count)
      }
      bytes += more
      mayHaveMore = more.count == 1 << 16
    }
    if let failure { throw SystemError("a file cannot be read", errno: failure) }
    if bytes.count > limit { throw SystemError("a file is too large", errno: EFBIG) }
    return bytes
  }

  /// Reads until the buffer is full or the file ends.
  private func fill(_ buffer: UnsafeMutableRawBufferPointer, _ count: inout Int) -> Int32? {
    count = 0
    while count < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
      let got = retrying { read(number, rest.baseAddress, rest.count) }
      if let failure = got.errno { return failure }
      if got.value == 0 { return nil }
      count += got.value
    }
    return nil
  }

  /// Writes every byte.
  func writeAll(_ bytes: [UInt8]) throws(SystemError) {
    var failure: Int32?
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count, failure == nil {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
        let put = retrying { write(number, rest.baseAddress, rest.count) }
        failure = put.errno
        done += max(put.value, 0)
      }
    }
    if let failure { throw SystemError("a file cannot be written", errno: failure) }
  }
}

/// fcntl.h, asm-generic: a handle on a file that is not opened for reading.
///
/// Its name hides behind _GNU_SOURCE, which the importer of C headers does not see.
let openPathOnly: Int32 = 0o10_000_000

/// What a link says, at most PATH_MAX bytes of it; nil, and errno, where it is no link.
func linkTarget(of path: String) -> String? {
  var length = -1
  let buffer = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
    if let base = buffer.baseAddress {
      length = readlink(
        path, UnsafeMutableRawPointer(base).assumingMemoryBound(to: CChar.self), buffer.count)
    }
    count = max(length, 0)
  }
  return length < 0 ? nil : String(decoding: buffer, as: UTF8.self)
}

extension stat {
  /// The S_IFMT bits: inode(7).
  var kind: mode_t { st_mode & S_IFMT }

  /// What a file that is no regular file is, for messages.
  var kindName: String {
    switch kind {
    case S_IFDIR: "folder"
    case S_IFIFO: "pipe"
    case S_IFSOCK: "socket"
    case S_IFCHR, S_IFBLK: "device"
    case S_IFREG: "file"
    default: "special file"
    }
  }
}
