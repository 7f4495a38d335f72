import Glibc

/// A call to the system that failed: what was tried, on what, and the errno, 0 where there is none.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  package var errno: Int32
  /// What was tried, as the start of a sentence: "`out.nft` cannot be written".
  package var attempt: String

  package init(_ attempt: String, errno: Int32) {
    self.attempt = attempt
    self.errno = errno
  }

  package var description: String {
    errno == 0 ? attempt : "\(attempt): \(systemText(of: errno))"
  }
}

/// The system's text for an errno, in English whatever the locale.
package func systemText(of number: Int32) -> String {
  // Nothing here calls setlocale, so that the C locale's texts are the ones that come.
  guard let text = strerror(number) else { return "error \(number)" }
  return String(cString: text)
}

/// Repeats a call that a signal interrupted; nil on success, the errno otherwise.
func retrying<Result: SignedInteger>(_ call: () -> Result) -> (value: Result, errno: Int32?) {
  while true {
    let result = call()
    if result >= 0 { return (result, nil) }
    if errno != EINTR { return (result, errno) }
  }
}
