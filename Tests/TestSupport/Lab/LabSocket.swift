import Foundation
package import NetworkTypes

/// A socket that closes with the value; it stays in the namespace that it was opened in.
package final class LabSocket: @unchecked Sendable {
  /// A system call that failed.
  package struct Failure: Error, CustomStringConvertible {
    package let call: String
    package let errno: Int32

    package init(call: String, errno: Int32) {
      self.call = call
      self.errno = errno
    }

    package var description: String { "\(call): \(String(cString: strerror(errno)))" }
  }

  package let descriptor: Int32

  package init(adopting descriptor: Int32) { self.descriptor = descriptor }

  package init(_ domain: Int32, _ type: Int32, _ protocolNumber: Int32) throws {
    descriptor = socket(domain, type | Self.closeOnExec, protocolNumber)
    guard descriptor >= 0 else { throw Failure(call: "socket", errno: errno) }
  }

  deinit { close(descriptor) }

  /// SOCK_CLOEXEC, asm/socket.h.
  private static let closeOnExec: Int32 = 0o2000000

  package func set(_ level: Int32, _ option: Int32, to value: Int32) throws {
    var value = value
    guard setsockopt(descriptor, level, option, &value, 4) == 0 else {
      throw Failure(call: "setsockopt \(level) \(option)", errno: errno)
    }
  }

  /// SO_BINDTODEVICE.
  package func bind(toInterface name: String) throws {
    var bytes = Array(name.utf8)
    guard setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, &bytes, socklen_t(bytes.count)) == 0
    else { throw Failure(call: "bind to \(name)", errno: errno) }
  }

  package func bind(to address: SocketAddress) throws {
    let result = address.withSockaddr { Foundation.bind(descriptor, $0, $1) }
    guard result == 0 else { throw Failure(call: "bind", errno: errno) }
  }

  /// Begins a connection; a socket that does not block goes on with it by itself.
  package func connect(to address: SocketAddress) {
    _ = address.withSockaddr { Foundation.connect(descriptor, $0, $1) }
  }

  /// Sends once; false if the network or the firewall refused it, with `errno` set.
  package func send(_ bytes: [UInt8], to address: SocketAddress?, flags: Int32 = 0) -> Bool {
    let sent = bytes.withUnsafeBytes { buffer in
      guard let address else {
        return Foundation.send(descriptor, buffer.baseAddress, buffer.count, flags)
      }
      return address.withSockaddr {
        sendto(descriptor, buffer.baseAddress, buffer.count, flags, $0, $1)
      }
    }
    return sent == bytes.count
  }

  /// What is there now, or within the time; nil if nothing is, with `errno` set.
  ///
  /// An empty answer is the peer's end of stream.
  package func receive(within milliseconds: Int32 = 0, flags: Int32 = 0) -> (
    bytes: [UInt8], from: SocketAddress
  )? {
    guard waitFor(Int16(POLLIN), milliseconds: milliseconds) else { return nil }
    var buffer = [UInt8](repeating: 0, count: 65536)
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let count = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        recvfrom(descriptor, &buffer, buffer.count, flags, $0, &length)
      }
    }
    guard count >= 0 else { return nil }
    let from = withUnsafeBytes(of: &address) { Array($0.prefix(Int(length))) }
    return (Array(buffer.prefix(count)), SocketAddress(bytes: from))
  }

  /// Whether an event came within the time; otherwise `errno` is ETIMEDOUT.
  package func waitFor(_ events: Int16, milliseconds: Int32) -> Bool {
    var poll = pollfd(fd: descriptor, events: events, revents: 0)
    let ready = Foundation.poll(&poll, 1, milliseconds)
    if ready == 0 { errno = ETIMEDOUT }
    return ready > 0
  }

  /// SO_ERROR, which it also clears.
  package var pendingError: Int32 {
    var value: Int32 = 0
    var length = socklen_t(4)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length)
    return value
  }
}

/// A `struct sockaddr_…` as its bytes.
package struct SocketAddress: Hashable, Sendable {
  package var bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// A family number in host byte order, then the bytes given.
  package init(family: Int32, _ rest: [UInt8]) {
    bytes = withUnsafeBytes(of: UInt16(truncatingIfNeeded: family)) { Array($0) } + rest
  }

  func withSockaddr<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    bytes.withUnsafeBytes { buffer in
      // A sockaddr is only ever read as bytes by the kernel; alignment does not matter to it.
      guard let base = buffer.baseAddress else {
        preconditionFailure("a socket address has a family")
      }
      return body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(buffer.count))
    }
  }
}

extension SocketAddress {
  /// A `struct sockaddr_in`.
  package init(_ address: IPv4Address, port: UInt16) {
    self.init(
      family: AF_INET,
      port.networkBytes + address.bits.networkBytes + [UInt8](repeating: 0, count: 8))
  }

  /// A `struct sockaddr_in6`.
  package init(_ address: IPv6Address, port: UInt16) {
    self.init(
      family: AF_INET6,
      port.networkBytes + [0, 0, 0, 0] + address.bits.networkBytes + [0, 0, 0, 0])
  }
}

extension FixedWidthInteger {
  /// Network byte order.
  var networkBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
