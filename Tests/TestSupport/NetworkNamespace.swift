import Foundation

/// A fresh network namespace of its own, gone with the value: where tests meet the real kernel.
///
/// Needs CAP_NET_ADMIN and CAP_SYS_ADMIN; without them `init` throws, so that a machine that cannot
/// run a test fails it instead of passing over it.
package final class NetworkNamespace: Sendable {
  /// What went wrong, in words.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// What a command left behind.
  package struct Outcome: Sendable {
    package let status: Int32
    package let output: String
    package let errors: String
  }

  /// `fwp-` and sixteen random hexadecimal digits: what `ip netns` calls it.
  package let name: String

  /// Adds the namespace and brings its loopback up.
  package init() throws {
    name = "fwp-" + String(UInt64.random(in: 0...(.max)), radix: 16)
    try Self.expectSuccess(["ip", "netns", "add", name])
    try Self.expectSuccess(["ip", "-n", name, "link", "set", "lo", "up"])
  }

  deinit {
    _ = try? Self.launch(["ip", "netns", "delete", name], input: nil)
  }

  /// Runs a command inside; a status other than 0 throws with what it wrote to its error stream.
  @discardableResult
  package func run(_ command: [String], input: String? = nil) throws -> String {
    try Self.expectSuccess(["ip", "netns", "exec", name] + command, input: input)
  }

  /// Runs a command inside, whatever its status.
  package func attempt(_ command: [String], input: String? = nil) throws -> Outcome {
    try Self.launch(["ip", "netns", "exec", name] + command, input: input)
  }

  /// Runs `body` with the current thread inside, and brings the thread back.
  ///
  /// `body` is synchronous, so that it cannot continue on another thread. A socket that it opens
  /// stays in the namespace wherever it is used later.
  package func enter<Result>(_ body: () throws -> Result) throws -> Result {
    let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
    guard home >= 0 else { throw Failure(description: "open own namespace: errno \(errno)") }
    defer { close(home) }
    let inside = open("/run/netns/\(name)", O_RDONLY | O_CLOEXEC)
    guard inside >= 0 else { throw Failure(description: "open \(name): errno \(errno)") }
    defer { close(inside) }
    guard Self.moveThread(to: inside) else {
      throw Failure(description: "setns \(name): errno \(errno); these tests need CAP_SYS_ADMIN")
    }
    defer {
      // A thread that stayed would run other tests in the wrong place.
      precondition(Self.moveThread(to: home), "cannot return from a network namespace")
    }
    return try body()
  }

  /// Calls `setns`, which Glibc's module does not show, by its name.
  private static func moveThread(to descriptor: Int32) -> Bool {
    typealias Call = @convention(c) (Int32, Int32) -> Int32
    /// CLONE_NEWNET, linux/sched.h.
    let cloneNewNet: Int32 = 0x4000_0000
    guard let symbol = dlsym(nil, "setns") else { return false }
    return unsafeBitCast(symbol, to: Call.self)(descriptor, cloneNewNet) == 0
  }

  @discardableResult
  private static func expectSuccess(_ command: [String], input: String? = nil) throws -> String {
    let outcome = try launch(command, input: input)
    guard outcome.status == 0 else {
      throw Failure(
        description:
          "\(command.joined(separator: " ")): status \(outcome.status): \(outcome.errors)")
    }
    return outcome.output
  }

  private static func launch(_ command: [String], input: String?) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(["TZ": "UTC", "LC_ALL": "C"])
    { $1 }
    // Files, not pipes: nothing blocks, however much is written on either side.
    let input = try scratchFile(holding: input ?? "")
    let output = try scratchFile(holding: "")
    let errors = try scratchFile(holding: "")
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: try text(of: output), errors: try text(of: errors))
  }

  /// An open file without a name, at its beginning.
  private static func scratchFile(holding text: String) throws -> FileHandle {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("fwp-" + UUID().uuidString)
    try Data(text.utf8).write(to: url)
    let file = try FileHandle(forUpdating: url)
    try FileManager.default.removeItem(at: url)
    return file
  }

  private static func text(of file: FileHandle) throws -> String {
    try file.seek(toOffset: 0)
    return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
  }
}
