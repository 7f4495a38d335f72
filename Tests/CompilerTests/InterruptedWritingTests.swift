import Foundation
import TestSupport
import Testing

/// What is left of files that are being written when a signal ends the program.
@Suite(.serialized) struct InterruptedWritingTests {
  private let folder: TemporaryFolder
  private static let program = URL(filePath: CommandLine.arguments[0])
    .deletingLastPathComponent().appending(path: "fwpolicy").path

  init() throws {
    folder = try TemporaryFolder()
    // Large enough to be caught at being written.
    let list = (0..<8000).map { "10.\($0 >> 8).\($0 & 255).1\n" }.joined()
    try folder.write(list, to: "list.txt")
    try folder.write(
      """
      fwpolicy: 1
      name: host
      networks: { list: { file: list.txt } }
      inbound: [{ allow: ssh, from: [list, "${admins}"] }]

      """, to: "host.yaml")
    for number in 10..<16 {
      try folder.write("admins: 192.0.2.\(number)\n", to: "hosts/h\(number).yaml")
    }
    try folder.write("old", to: "out/old.nft")
  }

  private func names() throws -> [String] { try folder.names(in: "out") }

  private func isTemporary(_ name: String) -> Bool { name.hasSuffix(".tmp") }

  /// A test's thread blocks signals, and what it starts would go on with that.
  private func withoutBlockedSignals<Result>(_ body: () throws -> Result) rethrows -> Result {
    var (none, before) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
  }

  /// Runs the program and sends it a signal while it has a temporary file.
  ///
  /// - Returns: nil where no such moment could be caught.
  private func interrupted(_ arguments: [String], by signal: Int32) throws -> Process? {
    let process = Process()
    // A shell's `&` ignores some, and so does what it starts.
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["--default-signal"] + arguments
    process.currentDirectoryURL = URL(filePath: folder.path)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try withoutBlockedSignals { try process.run() }
    while process.isRunning {
      guard try names().contains(where: isTemporary) else { continue }
      // What stands still cannot finish meanwhile.
      kill(process.processIdentifier, SIGSTOP)
      var information = siginfo_t()
      waitid(P_PID, id_t(process.processIdentifier), &information, WSTOPPED | WEXITED | WNOWAIT)
      let isCaught = try names().contains(where: isTemporary)
      if isCaught { kill(process.processIdentifier, signal) }
      kill(process.processIdentifier, SIGCONT)
      process.waitUntilExit()
      return isCaught ? process : nil
    }
    return nil
  }

  private func repeatedly(_ body: () throws -> Process?) throws -> Process {
    for _ in 0..<20 {
      if let process = try body() { return process }
    }
    throw CocoaError(.featureUnsupported, userInfo: ["why": "too fast to be interrupted"])
  }

  private let each = [
    "compile", "host.yaml", "--no-prove", "--each", "hosts/*.yaml", "-o", "out/{name}.nft",
  ]

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func ofManyFilesAllAreThereOrNone(_ signal: Int32) throws {
    let process = try repeatedly { try interrupted([Self.program] + each, by: signal) }
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == signal)
    let names = try names()
    #expect(names.filter(isTemporary) == [])
    #expect(names == ["old.nft"] || names.count == 8)
  }

  @Test(arguments: ["out/new.nft", "out/old.nft"])
  func ofOneFileNothingElseIsLeft(_ output: String) throws {
    let process = try repeatedly {
      try interrupted(
        [
          Self.program, "compile", "host.yaml", "--set", "admins=192.0.2.1", "--no-prove", "-o",
          output,
        ], by: SIGINT)
    }
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == SIGINT)
    // It may have been about to take its name.
    #expect(try [["old.nft"], ["new.nft", "old.nft"]].contains(names()))
    let old = try folder.text(of: "out/old.nft")
    #expect(old == "old" || (output == "out/old.nft" && old.hasSuffix("}\n")))
  }

  /// What `nohup` and a shell's `&` ask for.
  @Test func aSignalThatIsIgnoredEndsNothing() throws {
    let process = try repeatedly {
      try interrupted(
        ["/bin/sh", "-c", "trap '' INT; exec \"$0\" \"$@\"", Self.program] + each, by: SIGINT)
    }
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 0)
    #expect(try names().count == 8)
    #expect(try names().filter(isTemporary) == [])
  }

  /// `ulimit -f` counts in blocks of 512 or 1024 bytes.
  @Test func aFileThatMayNotGrowIsAnError() throws {
    let outcome = try withoutBlockedSignals {
      try ProgramRun.run(
        "/bin/sh", ["-c", "ulimit -f 16; exec \"$0\" \"$@\"", Self.program] + each, in: folder)
    }
    #expect(outcome.status == 2)
    #expect(outcome.talk.contains("cannot be written: File too large"), "\(outcome.talk)")
    #expect(try names() == ["old.nft"])
  }
}
