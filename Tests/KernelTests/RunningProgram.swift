import Foundation
import Testing

/// The program beside a test, in a network namespace, on a terminal or elsewhere; ended with the value.
final class RunningProgram {
  private let process = Process()

  /// - Parameters:
  ///   - terminal: what it runs on, as what `kind`; else its output goes to a file.
  ///   - errors: where its talk goes; to the test's unless given.
  init(
    _ arguments: [String], inNamespace name: String, on terminal: PseudoTerminal?, kind: String,
    output: FileHandle? = nil, errors: FileHandle? = nil
  ) throws {
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "fwpolicy").path
    process.executableURL = URL(filePath: "/usr/bin/env")
    // Each of them becomes the next, so that the signals go to the program; a shell's `&` ignores some.
    process.arguments = ["--default-signal", "ip", "netns", "exec", name, program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["TERM": kind]) { $1 }
    process.standardInput = terminal?.programsEnd ?? FileHandle.nullDevice
    process.standardOutput = terminal?.programsEnd ?? output
    process.standardError = errors ?? FileHandle.standardError
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits until it stands still, as proc(5) tells.
  func isStopped() -> Bool {
    let deadline = ContinuousClock.now + .seconds(20)
    repeat {
      let state = try? String(
        contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
      if state?.contains(") T ") == true { return true }
      usleep(10_000)
    } while ContinuousClock.now < deadline
    return false
  }

  /// Its exit status; -1 where a signal ended it, -2 where it has not ended in time.
  func status(within time: Duration = .seconds(60)) -> Int32 {
    let deadline = ContinuousClock.now + time
    while process.isRunning {
      if ContinuousClock.now > deadline { return -2 }
      usleep(10_000)
    }
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -1
  }
}
