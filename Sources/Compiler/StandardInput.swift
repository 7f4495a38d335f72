import Glibc

/// The process's standard input, as a whole.
package enum StandardInput {
  /// At most 1 GiB: EFBIG beyond.
  package static func read() throws(SystemError) -> [UInt8] {
    let copy = dup(STDIN_FILENO)
    if copy < 0 { throw SystemError("standard input cannot be read", errno: errno) }
    do throws(SystemError) {
      return try FileDescriptor(adopting: copy).readAll(expecting: 4096, limit: 1 << 30)
    } catch {
      throw SystemError("standard input cannot be read", errno: error.errno)
    }
  }
}
