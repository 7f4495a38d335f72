import ArgumentParser

/// What a run has answered.
///
/// Wrong usage exits 64 (EX_USAGE, sysexits.h), which the argument parser sees to.
enum ExitStatus: Int32 {
  /// Yes, or nothing to report.
  case clean = 0
  /// The answer is no: errors found, differences, drift.
  case no = 1
  /// No answer: an unreadable file, a missing privilege, a refusing kernel.
  case couldNotRun = 2

  /// The worse of two.
  func combined(with other: ExitStatus) -> ExitStatus {
    rawValue >= other.rawValue ? self : other
  }
}
