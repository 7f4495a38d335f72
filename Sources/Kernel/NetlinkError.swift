package import Nftables

/// What went wrong between us and the kernel; nothing was committed unless a case says otherwise.
package enum NetlinkError: Error, Hashable, Sendable {
  /// EPERM: the process may not change this namespace's ruleset.
  case notPermitted
  /// ERESTART: the ruleset changed since `expected` was read, so that nothing was applied.
  case generationChanged(expected: UInt32)
  /// The kernel refused an object.
  case rejected(Rejection)
  /// A system call failed.
  case systemCall(String, errno: Int32)
  /// The batch does not fit the socket's send buffer, which could not be raised.
  case batchTooLarge(bytes: Int)
  /// A reply that is no well-formed netlink message.
  case malformedReply
  /// A reply longer than the buffer it was read into.
  case truncatedReply
  /// The kernel gave no answer that says whether the batch was applied: it may have been.
  case unconfirmed
  /// A dump was interrupted by changes each time it was tried.
  case dumpInterrupted
  /// The table cannot be said in netlink: a name that it does not define, a value that does not fit.
  case invalidTable(String, Origin)

  /// One refused message.
  package struct Rejection: Hashable, Sendable {
    package var errno: Int32
    /// The kernel's own words, NLMSGERR_ATTR_MSG, where it has any.
    package var message: String?
    /// Bytes from the beginning of the refused message, NLMSGERR_ATTR_OFFS.
    package var offset: UInt32?
    /// Of the object that the refused message declared; nil where the kernel named none.
    package var origin: Origin?

    package init(errno: Int32, message: String? = nil, offset: UInt32? = nil, origin: Origin? = nil)
    {
      self.errno = errno
      self.message = message
      self.offset = offset
      self.origin = origin
    }
  }

  /// Why the object that failed is there, where one object did.
  package var origin: Origin? {
    switch self {
    case .rejected(let rejection): rejection.origin
    case .invalidTable(_, let origin): origin
    case .notPermitted, .generationChanged, .systemCall, .batchTooLarge, .malformedReply,
      .truncatedReply, .unconfirmed, .dumpInterrupted:
      nil
    }
  }

  /// The number that the kernel gave, where it gave one.
  package var errno: Int32? {
    switch self {
    case .notPermitted: ErrorNumber.notPermitted
    case .generationChanged: ErrorNumber.restart
    case .rejected(let rejection): rejection.errno
    case .systemCall(_, let errno): errno
    case .batchTooLarge: ErrorNumber.messageTooLong
    case .malformedReply, .truncatedReply, .unconfirmed, .dumpInterrupted, .invalidTable: nil
    }
  }

  /// The change to make, where there is one.
  package var advice: String? {
    switch self {
    case .notPermitted: "run as root, or give the program CAP_NET_ADMIN"
    case .generationChanged: "another program changed the ruleset meanwhile: plan and apply again"
    case .batchTooLarge:
      "run with CAP_NET_ADMIN, or raise net.core.wmem_max above the size of the batch"
    case .dumpInterrupted: "another program keeps changing the ruleset: try again"
    case .unconfirmed: "read the ruleset's state before applying again"
    case .rejected, .systemCall, .malformedReply, .truncatedReply, .invalidTable: nil
    }
  }
}
