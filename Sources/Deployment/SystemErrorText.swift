import Glibc

/// The system's words for an errno, with its number.
enum SystemErrorText {
  static func of(_ errno: Int32) -> String {
    guard let text = strerror(errno) else { return "errno \(errno)" }
    return "\(String(cString: text)) (errno \(errno))"
  }
}
