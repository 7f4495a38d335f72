import Compiler
import Glibc

/// The two streams of a run: the product goes to standard output, the talk to standard error.
enum Terminal {
  /// Makes a reader that goes away, and a file that grows beyond `ulimit -f`, errors of a write, not the
  /// end of the process.
  ///
  /// An apply must not die half-way because nobody listens to what it says.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Writes a product, every byte of it.
  ///
  /// A reader that has seen enough and closed its end is no failure: the rest is dropped in silence and
  /// the exit status stays what the run has found.
  static func writeProduct(_ bytes: [UInt8]) throws(SystemError) {
    if let failure = write(bytes, to: STDOUT_FILENO), failure != EPIPE {
      throw SystemError("standard output cannot be written", errno: failure)
    }
  }

  static func writeProduct(_ text: String) throws(SystemError) {
    try writeProduct(Array(text.utf8))
  }

  /// Writes a piece of a product that goes on.
  ///
  /// - Parameter signals: one of these ends the wait for a reader that takes nothing; the rest is
  ///   dropped.
  /// - Returns: false where the reader has closed its end: nobody wants the rest.
  static func streamProduct(
    _ text: String, until signals: PendingSignals? = nil
  ) throws(SystemError) -> Bool {
    guard let failure = write(Array(text.utf8), to: STDOUT_FILENO, until: signals) else {
      return true
    }
    if failure == EPIPE { return false }
    throw SystemError("standard output cannot be written", errno: failure)
  }

  /// Waits between two pieces of a product that goes on.
  ///
  /// - Returns: false, at once, where the reader has closed its end.
  static func rest(milliseconds: Int32) -> Bool {
    // No event is asked for: what comes unasked is that the other end is gone.
    var wait = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    return poll(&wait, 1, milliseconds) <= 0 || wait.revents & Int16(POLLERR) == 0
  }

  /// Draws on a terminal; one that has gone away is no failure, and one that stands still for a
  /// second (Ctrl-S) is not drawn on.
  static func draw(_ text: String, on stream: Int32) {
    var wait = pollfd(fd: stream, events: Int16(POLLOUT), revents: 0)
    if poll(&wait, 1, 1000) != 0 { _ = write(Array(text.utf8), to: stream) }
  }

  /// Says something beside the product; nobody may be listening.
  static func say(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

  /// Whether to colour what goes to a stream.
  static func isColoured(_ choice: ColourChoice, stream: Int32) -> Bool {
    switch choice {
    case .always: return true
    case .never: return false
    case .auto:
      // NO_COLOR counts if it is set to anything but nothing: no-color.org.
      if let wish = getenv("NO_COLOR"), wish.pointee != 0 { return false }
      if let kind = getenv("TERM"), String(cString: kind) == "dumb" { return false }
      return isatty(stream) == 1
    }
  }

  /// PIPE_BUF: a pipe that takes anything takes so many bytes without a wait.
  private static let pipeUnit = 4096

  /// Writes all bytes, or those before a signal that waits; the errno of what failed.
  private static func write(
    _ bytes: [UInt8], to stream: Int32, until signals: PendingSignals? = nil
  ) -> Int32? {
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        var rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
        if let signals {
          // They are blocked, so that none would interrupt a write that waits for its reader.
          var wait = pollfd(fd: stream, events: Int16(POLLOUT), revents: 0)
          if poll(&wait, 1, 100) == 0 {
            if signals.isAny { return nil }
            continue
          }
          rest = UnsafeRawBufferPointer(rebasing: rest.prefix(pipeUnit))
        }
        let put = Glibc.write(stream, rest.baseAddress, rest.count)
        if put >= 0 {
          done += put
        } else if errno == EAGAIN {
          // A stream that somebody else made non-blocking: wait until it takes more.
          var wait = pollfd(fd: stream, events: Int16(POLLOUT), revents: 0)
          poll(&wait, 1, -1)
        } else if errno != EINTR {
          return errno
        }
      }
      return nil
    }
  }
}
