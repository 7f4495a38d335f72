import Glibc

/// How long something is begun anew that others' changes of the ruleset undo each time.
///
/// A few times in any case; after that with pauses that grow to a tenth of a second and are of no two
/// processes alike, until the time is over.
package struct Patience {
  private let began = ContinuousClock.now
  private let time: Duration
  /// How often it was tried.
  package private(set) var attempts = 1
  private var pause: UInt32 = 500

  package init(_ time: Duration) { self.time = time }

  private static let fewest = 5
  private static let longestPause: UInt32 = 100_000

  /// Waits for a moment; false, at once, where it has been tried for long enough.
  package mutating func lasts() -> Bool {
    if attempts >= Self.fewest, ContinuousClock.now - began >= time { return false }
    attempts += 1
    usleep(UInt32.random(in: pause / 2...pause))
    pause = min(2 * pause, Self.longestPause)
    return true
  }

  /// `12 times within 20 s`.
  package var description: String {
    "\(attempts) times within \((ContinuousClock.now - began).components.seconds + 1) s"
  }
}

/// Patience that hears what others change, from the second attempt on, for as long as it lives.
package struct ListeningPatience: ~Copyable {
  private var patience: Patience
  private let listener: RulesetListener?
  private var isListening = false

  package init(_ transport: borrowing some NetlinkTransport & ~Copyable) {
    patience = Patience(transport.patience)
    listener = transport.listener
  }

  deinit { if isListening { listener?.stop() } }

  package var description: String { patience.description }

  /// As of `Patience`; what is begun anew after it may be a reading that is heard.
  package mutating func lasts() -> Bool {
    guard patience.lasts() else { return false }
    if !isListening, let listener { isListening = listener.start() }
    return true
  }
}
