import Glibc

/// The few error numbers that the room tells apart.
enum ErrorNumber {
  static let notPermitted = EPERM
  static let noEntry = ENOENT
  static let interrupted = EINTR
  static let wouldBlock = EAGAIN
  static let noMemory = ENOMEM
  static let invalidArgument = EINVAL
  static let busy = EBUSY
  static let noBufferSpace = ENOBUFS
  static let messageTooLong = EMSGSIZE
  /// ERESTART, asm-generic/errno.h.
  static let restart: Int32 = 85

  /// The C library's words for an error number.
  static func description(_ number: Int32) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
  }
}

extension NetlinkError: CustomStringConvertible {
  /// What happened, lowercase and without a final period.
  package var description: String {
    switch self {
    case .notPermitted: "the ruleset cannot be changed or read without CAP_NET_ADMIN"
    case .generationChanged(let expected): "the ruleset is no longer at generation \(expected)"
    case .rejected(let rejection):
      "the kernel refused it: \(ErrorNumber.description(rejection.errno))"
        + (rejection.message.map { " (\($0))" } ?? "")
    case .systemCall(let call, let errno): "\(call): \(ErrorNumber.description(errno))"
    case .batchTooLarge(let bytes):
      "a batch of \(bytes) bytes does not fit the socket's send buffer"
    case .malformedReply: "the kernel's reply is not well-formed"
    case .truncatedReply: "the kernel's reply does not fit its buffer"
    case .unconfirmed: "the kernel did not say whether the batch was applied"
    case .dumpInterrupted:
      "others changed the ruleset each time that it was read, for as long as that was tried"
    case .invalidTable(let reason, _): reason
    }
  }
}
