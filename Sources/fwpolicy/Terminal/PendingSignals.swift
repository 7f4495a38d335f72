import Compiler
import Glibc

/// Signals that wait until they are asked for, so that none ends the program in the middle of
/// something.
struct PendingSignals {
  private var set = sigset_t()

  /// Blocks the signals of this thread, which should be the only one, but for those that are ignored.
  init(_ signals: [Int32]) {
    sigemptyset(&set)
    for signal in signals where !isIgnored(signal) { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Whether one has come that was not asked for yet.
  var isAny: Bool {
    var (pending, blocked) = (sigset_t(), set)
    guard sigpending(&pending) == 0 else { return false }
    return (1..<65).contains {
      sigismember(&pending, $0) == 1 && sigismember(&blocked, $0) == 1
    }
  }

  /// The next that has come; nil where none has.
  func next() -> Int32? {
    var set = set
    var none = timespec()
    let signal = sigtimedwait(&set, nil, &none)
    return signal > 0 ? signal : nil
  }
}
