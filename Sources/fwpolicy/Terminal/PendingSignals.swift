import Glibc

/// Signals that wait until they are asked for, so that none ends the program in the middle of
/// something.
struct PendingSignals {
  private var set = sigset_t()

  /// Blocks the signals of this thread, which should be the only one.
  init(_ signals: [Int32]) {
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// The next that has come; nil where none has.
  func next() -> Int32? {
    var set = set
    var none = timespec()
    let signal = sigtimedwait(&set, nil, &none)
    return signal > 0 ? signal : nil
  }
}
