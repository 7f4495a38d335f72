import Foundation
import TestSupport
import Testing

/// `fwpolicy watch` itself, on a terminal and elsewhere, with real packets that are refused meanwhile.
@Suite(.serialized) struct WatchTerminalTests {
  private static let policy = """
    fwpolicy: 1
    name: edge
    role: router
    defaults: { log: { to: group 5, rate: 1000/second, burst: 1000 } }
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
    forward:
      - { name: out, allow: any, from: clients, to: internet }
    smtp-egress:
      clients: clients
      subnets: { file: inventory.csv }

    """
  private static let inventory = """
    prefix,name,smtp,owner,ticket
    198.51.100.32/28,bolt,blocked,Bolt AG,NET-7
    2001:db8:b:1::/64,six,relays-only,,

    """

  /// A router that runs the policy, and `watch` beside it.
  private final class Watched {
    let edge: ProviderEdge
    private let program: RunningProgram

    /// - Parameter terminal: what it runs on, as what kind; else its output goes to a file.
    init(
      _ arguments: [String], on terminal: PseudoTerminal?, kind: String, output: FileHandle? = nil
    )
      throws
    {
      edge = try ProviderEdge(["policy.yaml": policy, "inventory.csv": inventory])
      try edge.apply()
      program = try RunningProgram(
        ["watch", edge.policyPath] + arguments, inNamespace: edge.lab.machine.name, on: terminal,
        kind: kind, output: output)
      try waitForTheLog()
    }

    /// Until the kernel has somebody to tell about group 5.
    private func waitForTheLog() throws {
      let deadline = ContinuousClock.now + .seconds(20)
      while ContinuousClock.now < deadline {
        let heard = try edge.lab.machine.enter {
          try String(
            contentsOfFile: "/proc/thread-self/net/netfilter/nfnetlink_log", encoding: .utf8)
        }
        if heard.split(separator: "\n").contains(where: { $0.split(separator: " ").first == "5" }) {
          return
        }
        usleep(10_000)
      }
      Issue.record("watch does not hear the log")
    }

    func signal(_ number: Int32) { program.signal(number) }

    func isStopped() -> Bool { program.isStopped() }

    func status(within time: Duration = .seconds(60)) -> Int32 { program.status(within: time) }
  }

  private func row(_ screen: TerminalScreen, _ words: String...) -> String? {
    screen.lines.first { line in words.allSatisfy(line.contains) }
  }

  /// Ctrl-C, and what ends a session or a service.
  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func theScreenShowsWhoIsRefusedAndLeavesTheTerminalAsItWas(_ signal: Int32) throws {
    let terminal = try PseudoTerminal(columns: 120, rows: 24)
    let before = try terminal.settings()
    #expect(before.echoes)
    let watched = try Watched([], on: terminal, kind: "xterm")
    #expect(terminal.wait { $0.isAlternate && row($0, "edge: log group 5") != nil })
    #expect(!terminal.screen.isCursorShown)
    #expect(try !terminal.settings().echoes)
    #expect(row(terminal.screen, "0 packets") != nil)

    try watched.edge.connect("198.51.100.33", times: 3, expecting: .refused)
    try watched.edge.connect("2001:db8:b:1::7", times: 2, expecting: .refused)
    #expect(
      terminal.wait { row($0, "5 packets") != nil },
      "\(terminal.screen.lines.joined(separator: "\n"))")
    let screen = terminal.screen
    #expect(row(screen, "      5  ", "reject", "the gate `smtp-egress` ", "policy.yaml:10") != nil)
    #expect(
      row(screen, "      3  ", "198.51.100.33", "bolt (owner Bolt AG, ticket NET-7)") != nil)
    #expect(row(screen, "      2  ", "2001:db8:b:1::/64", "six") != nil)
    #expect(row(screen, "reject tcp [2001:db8:b:1::7]:", "-> [2001:db8:ff::66]:25") != nil)

    // A window that becomes small, and large again; once is enough.
    let sizes = signal == SIGINT ? [(40, 12), (20, 3), (200, 50)] : []
    for (columns, rows) in sizes {
      try terminal.resize(columns: columns, rows: rows)
      // One drawing may have been under way with the size before.
      let frames = terminal.screen.frames
      #expect(terminal.wait { $0.frames >= frames + 2 })
      terminal.forgetOverflow()
      #expect(terminal.wait { $0.frames >= frames + 4 })
      #expect(!terminal.screen.hasOverflowed, "\(columns) columns, \(rows) rows")
      #expect(row(terminal.screen, "5 packets") != nil)
      #expect((row(terminal.screen, "LAST PACKETS") != nil) == (rows >= 12))
    }
    if !sizes.isEmpty {
      #expect(terminal.screen.lines.filter { $0.contains(":25 in bng1 out eth0: ") }.count == 5)
    }

    watched.signal(signal)
    #expect(watched.status() == 0)
    #expect(terminal.wait { !$0.isAlternate && row($0, "5 packets") != nil })
    terminal.draw()
    // What was seen stays to be read.
    #expect(row(terminal.screen, "      3  ", "198.51.100.33", "bolt") != nil)
    #expect(row(terminal.screen, "LAST PACKETS") == nil)
    #expect(terminal.screen.isCursorShown)
    #expect(!terminal.screen.isBold)
    #expect(terminal.screen.unknown == [])
    #expect(try terminal.settings() == before)
  }

  /// Ctrl-Z gives the terminal back, and `fg` takes it again.
  @Test func whatIsStoppedGivesTheTerminalBack() throws {
    let terminal = try PseudoTerminal(columns: 80, rows: 24)
    let before = try terminal.settings()
    let watched = try Watched([], on: terminal, kind: "xterm")
    #expect(terminal.wait { $0.isAlternate && row($0, "0 packets") != nil })
    watched.signal(SIGTSTP)
    #expect(terminal.wait { !$0.isAlternate })
    #expect(terminal.screen.isCursorShown)
    // What gives the terminal back and what stops are two steps.
    #expect(watched.isStopped())
    #expect(try terminal.settings() == before)
    watched.signal(SIGCONT)
    #expect(terminal.wait { $0.isAlternate && row($0, "0 packets") != nil })
    watched.signal(SIGINT)
    #expect(watched.status() == 0)
    #expect(try terminal.settings() == before)
  }

  /// A terminal that cannot be drawn on.
  @Test func aDumbTerminalGetsLines() throws {
    let terminal = try PseudoTerminal(columns: 200, rows: 24)
    let before = try terminal.settings()
    let watched = try Watched(["--count", "2"], on: terminal, kind: "dumb")
    try watched.edge.connect("198.51.100.33", times: 2, expecting: .refused)
    #expect(watched.status() == 0)
    #expect(terminal.wait { $0.lines.count >= 2 })
    #expect(terminal.screen.frames == 0)
    #expect(terminal.screen.unknown == [])
    #expect(terminal.screen.lines.count == 2)
    #expect(
      terminal.screen.lines.allSatisfy {
        $0.contains(" reject tcp 198.51.100.33:") && $0.contains("; from bolt (owner Bolt AG")
      })
    #expect(try terminal.settings() == before)
  }

  /// Whoever reads it may be stuck; the service still stops.
  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalEndsItThoughItsReaderTakesNothing(_ signal: Int32) throws {
    let pipe = Pipe()
    let writer = pipe.fileHandleForWriting
    // As little as a pipe can hold, and full: F_SETPIPE_SZ of linux/fcntl.h.
    #expect(fcntl(writer.fileDescriptor, 1031, 4096) == 4096)
    writer.write(Data(repeating: 0x2e, count: 4096))
    let watched = try Watched([], on: nil, kind: "xterm", output: writer)
    try watched.edge.connect("198.51.100.33", times: 2, expecting: .refused)
    usleep(500_000)
    watched.signal(signal)
    #expect(watched.status(within: .seconds(10)) == 0)
  }

  @Test func aFileGetsLines() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("", to: "out")
    let output = try #require(FileHandle(forWritingAtPath: path))
    let watched = try Watched(["--count", "1"], on: nil, kind: "xterm", output: output)
    try watched.edge.connect("198.51.100.33", times: 2, expecting: .refused)
    #expect(watched.status() == 0)
    let text = try folder.text(of: "out")
    #expect(!text.contains("\u{1b}"))
    #expect(text.hasSuffix("\n"))
    #expect(text.split(separator: "\n").count == 1)
    #expect(text.contains(" reject tcp 198.51.100.33:"))
  }
}
