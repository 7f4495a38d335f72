import Foundation
import TestSupport
import Testing

/// `fwpolicy counters --watch` itself, beside a policy that is changed.
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

  private func watch(_ arguments: String...) throws -> RunningProgram {
    try RunningProgram(
      ["counters", edge.policyPath, "--watch", "--every", "1s"] + arguments,
      inNamespace: edge.lab.machine.name, on: nil, kind: "xterm", output: output, errors: errors)
  }

  /// Another comment makes another version, which decides the same.
  private func applyVersion(_ number: Int) throws {
    try edge.write(Self.policy + (number == 1 ? "" : "# version \(number)\n"), to: "policy.yaml")
    try edge.apply()
  }

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
}
