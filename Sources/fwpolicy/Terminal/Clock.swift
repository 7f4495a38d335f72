import Glibc

/// What time it is.
enum Clock {
  /// Microseconds since the epoch.
  static var microseconds: Int64 { microseconds(of: CLOCK_REALTIME) }

  /// Microseconds since some moment, never going back.
  static var monotonic: Int64 { microseconds(of: CLOCK_MONOTONIC) }

  private static func microseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
