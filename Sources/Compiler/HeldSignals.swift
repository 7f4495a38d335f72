import Glibc

/// Signals that end a program, held back while it writes what it would leave half-done.
///
/// They are held from the thread that asks, which should be the only one that runs. What is ignored
/// (`nohup`) or held back by somebody else stays so and does not count.
struct HeldSignals {
  private static let ending = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

  private var held = sigset_t()
  private var before = sigset_t()

  /// Runs a body that ends early where a signal has come; at its end the signal does what it does.
  static func during<Result>(
    _ body: (HeldSignals) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    let signals = HeldSignals()
    defer { signals.letGo() }
    return try body(signals)
  }

  private init() {
    sigemptyset(&held)
    pthread_sigmask(SIG_BLOCK, nil, &before)
    for signal in Self.ending
    where sigismember(&before, signal) == 0 && !isIgnored(signal) {
      sigaddset(&held, signal)
    }
    pthread_sigmask(SIG_BLOCK, &held, nil)
  }

  private func letGo() {
    var before = before
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }

  /// Throws EINTR if one has come.
  func check() throws(SystemError) {
    var (pending, held) = (sigset_t(), held)
    guard sigpending(&pending) == 0 else { return }
    for signal in Self.ending
    where sigismember(&pending, signal) == 1 && sigismember(&held, signal) == 1 {
      throw SystemError("a signal has come", errno: EINTR)
    }
  }
}

/// Whether a signal does nothing, as `nohup` asks for; held back, it would come all the same.
package func isIgnored(_ signal: Int32) -> Bool {
  var action = sigaction()
  guard sigaction(signal, nil, &action) == 0 else { return false }
  // SIG_IGN is the number 1, not a function that could be compared.
  return unsafeBitCast(action.__sigaction_handler.sa_handler, to: UInt.self) == 1
}
