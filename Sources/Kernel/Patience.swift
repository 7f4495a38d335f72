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
