import Foundation
import TestSupport
import Testing

/// `fwpolicy counters --watch` itself, on a terminal and elsewhere, beside a policy that is changed.
@Suite(.serialized) struct CountersWatchTests {
  private static let policy = """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24] }
    forward:
      - { name: out, allow: any, from: clients, to: internet, count: true }
    smtp-egress:
      clients: clients
      subnets: { file: inventory.csv }
      count: per-subnet

    """
  /// Thirty customers.
  private static let inventory =
    "prefix,name,smtp,owner\n"
    + (1...30).map { "198.51.100.\($0 * 8)/29,customer-\($0),blocked,Owner \($0) AG\n" }.joined()

  private let edge: ProviderEdge
  private let talk: TemporaryFolder
  private let output: FileHandle
  private let errors: FileHandle

  init() throws {
    edge = try ProviderEdge(["policy.yaml": Self.policy, "inventory.csv": Self.inventory])
    try edge.apply()
    talk = try TemporaryFolder()
    output = try #require(FileHandle(forWritingAtPath: try talk.write("", to: "out")))
    errors = try #require(FileHandle(forWritingAtPath: try talk.write("", to: "err")))
  }

  private func watch(
    _ arguments: String..., on terminal: PseudoTerminal? = nil, kind: String = "xterm"
  ) throws -> RunningProgram {
    try RunningProgram(
      ["counters", edge.policyPath, "--watch", "--every", "1s"] + arguments,
      inNamespace: edge.lab.machine.name, on: terminal, kind: kind, output: output,
      errors: terminal == nil ? errors : terminal?.programsEnd)
  }

  /// Another comment makes another version, which decides the same.
  private func applyVersion(_ number: Int) throws {
    try edge.write(Self.policy + (number == 1 ? "" : "# version \(number)\n"), to: "policy.yaml")
    try edge.apply()
  }

  private func row(_ screen: TerminalScreen, _ words: String...) -> String? {
    screen.lines.first { line in words.allSatisfy(line.contains) }
  }

  // MARK: Versions

  private func isSoon(_ isSo: () throws -> Bool) throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(20)
    while try !isSo() {
      if ContinuousClock.now > deadline { return false }
      usleep(50_000)
    }
    return true
  }

  /// `isCurrent` of each reading so far.
  private func readings() throws -> [Bool] {
    try talk.text(of: "out").split(separator: "\n").map {
      $0.contains("\"isCurrent\": true") || $0.contains("\"isCurrent\":true")
    }
  }

  private var said: String { (try? talk.text(of: "err")) ?? "" }

  private func count(_ words: String) -> Int {
    said.components(separatedBy: words).count - 1
  }

  private static let other = "the kernel's table is not of this version of the policy"
  private static let this = "the kernel's table is of this version of the policy now"

  @Test func eachChangeOfTheVersionIsSaidOnceAndTheEndOfTheTableEndsIt() throws {
    let program = try watch("--format", "json")
    #expect(try isSoon { try readings().last == true })
    #expect(said == "")
    for round in 1...2 {
      try applyVersion(round + 1)
      let before = try readings().count
      // Two readings of it, and one word.
      #expect(try isSoon { try readings().dropFirst(before).suffix(2) == [false, false] })
      #expect(count(Self.other) == round, "\(said)")
      #expect(count(Self.this) == round - 1)
      try applyVersion(1)
      #expect(try isSoon { try readings().suffix(2) == [true, true] })
      #expect(count(Self.this) == round, "\(said)")
    }
    try edge.lab.machine.run(["nft", "delete", "table", "inet", "fwpolicy"])
    #expect(program.status(within: .seconds(20)) == 2)
    #expect(count("the kernel has no `table inet fwpolicy`: `fwpolicy apply` puts") == 1)
    #expect(said.split(separator: "\n").count == 5)
  }

  /// What began beside another version, and beside a third.
  @Test func aVersionThatFollowsAnotherIsSaidToo() throws {
    try edge.write(Self.policy + "# mine\n", to: "policy.yaml")
    let program = try watch("--format", "csv")
    #expect(try isSoon { count(Self.other) == 1 })
    // It has read its own by now.
    try edge.write(Self.policy + "# third\n", to: "policy.yaml")
    try edge.apply()
    #expect(try isSoon { count(Self.other) == 2 }, "\(said)")
    #expect(count(Self.this) == 0)
    program.signal(SIGTERM)
    #expect(program.status() == 0)
  }

  // MARK: A terminal

  @Test func aTerminalShowsWhatFits() throws {
    let terminal = try PseudoTerminal(columns: 110, rows: 12)
    let before = try terminal.settings()
    let program = try watch(on: terminal)
    #expect(terminal.wait { $0.isAlternate && $0.lines.last?.hasSuffix(" more") == true })
    #expect(terminal.wait { row($0, "PACKETS/S") != nil })
    #expect(!terminal.screen.hasOverflowed)
    // The rule, the gate, the defaults and thirty subnets; a heading and the last line go off.
    let all = try edge.run(["counters", "policy.yaml"]).output.split(separator: "\n").count - 1
    #expect(all > 33)
    #expect(
      terminal.wait { $0.lines.count == 12 && $0.lines.last == "\(all - 10) more" })
    #expect(terminal.screen.lines.first?.hasPrefix("KIND") == true)
    #expect(row(terminal.screen, "rule", "out", "policy.yaml:8") != nil)

    for (columns, rows) in [(110, 60), (40, 8), (12, 1), (110, 12)] {
      try terminal.resize(columns: columns, rows: rows)
      // One drawing may have been under way with the size before.
      let frames = terminal.screen.frames
      #expect(terminal.wait { $0.frames >= frames + 1 })
      terminal.forgetOverflow()
      #expect(
        terminal.wait { screen in
          if screen.frames < frames + 2 { return false }
          return rows == 60
            ? screen.lines.count == all + 1 && row(screen, "customer-30") != nil
            : screen.lines.last == "\(all - max(0, rows - 2)) more"
        }, "\(columns) columns, \(rows) rows")
      #expect(!terminal.screen.hasOverflowed, "\(columns) columns, \(rows) rows")
    }

    // Another version stays to be seen as long as it is there.
    try applyVersion(2)
    #expect(
      terminal.wait {
        row($0, "warning: \(Self.other)") != nil && $0.lines.last == "\(all - 9) more"
      })
    try applyVersion(1)
    #expect(
      terminal.wait {
        row($0, "the kernel's table") == nil && $0.lines.last == "\(all - 10) more"
      })

    program.signal(SIGINT)
    #expect(program.status() == 0)
    #expect(terminal.wait { !$0.isAlternate && row($0, "\(all - 10) more") != nil })
    #expect(terminal.screen.isCursorShown)
    #expect(terminal.screen.unknown == [])
    #expect(try terminal.settings() == before)
  }

  @Test func theTerminalComesBackWhenTheTableGoes() throws {
    let terminal = try PseudoTerminal(columns: 110, rows: 12)
    let before = try terminal.settings()
    let program = try watch(on: terminal)
    #expect(terminal.wait { $0.isAlternate && row($0, "KIND") != nil })
    program.signal(SIGTSTP)
    #expect(terminal.wait { !$0.isAlternate } && program.isStopped())
    program.signal(SIGCONT)
    #expect(terminal.wait { $0.isAlternate && row($0, "KIND") != nil })
    try edge.lab.machine.run(["nft", "delete", "table", "inet", "fwpolicy"])
    #expect(program.status(within: .seconds(20)) == 2)
    #expect(terminal.wait { row($0, "fwpolicy: the kernel has no `table inet fwpolicy`") != nil })
    #expect(!terminal.screen.isAlternate && terminal.screen.isCursorShown)
    #expect(try terminal.settings() == before)
  }

  /// A terminal that cannot be drawn on, and what is no terminal, get every row.
  @Test(arguments: [true, false]) func elsewhereEverythingIsShown(_ isTerminal: Bool) throws {
    let terminal = isTerminal ? try PseudoTerminal(columns: 110, rows: 200) : nil
    let program = try watch("--times", "2", on: terminal, kind: "dumb")
    #expect(program.status() == 0)
    var text = try talk.text(of: "out")
    if let terminal {
      #expect(
        terminal.wait {
          row($0, "PACKETS/S") != nil && $0.lines.count { $0.contains("customer-30 ") } == 2
        })
      #expect(terminal.screen.frames == 0 && terminal.screen.unknown == [])
      text = terminal.screen.lines.map { $0 + "\n" }.joined()
    }
    #expect(!text.contains("\u{1b}"))
    #expect(text.components(separatedBy: "customer-30 ").count == 3)
    #expect(!text.contains(" more"))
  }
}
