import Foundation
import TestSupport
import Testing

/// The program as a process: exit status, and what goes where.
///
/// No test lets `apply` come as far as the kernel.
@Suite struct CommandLineTests {
  private static let good = "fwpolicy: 1\nname: mx1\ninbound:\n  - { allow: smtp, serves: mx }\n"
  private static let bad = "fwpolicy: 1\nname: mx1\ninbound:\n  - { allow: smpt }\n"

  fileprivate let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(Self.good, to: "good.yaml")
    try folder.write(Self.bad, to: "bad.yaml")
  }

  fileprivate struct Outcome {
    var status: Int32
    var output: String
    var talk: String
  }

  /// Runs the program of this build in the test's folder.
  fileprivate func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:]
  )
    throws -> Outcome
  {
    let (status, output, talk) = try ProgramRun.fwpolicy(
      arguments, input: input, environment: environment, in: folder)
    return Outcome(status: status, output: output, talk: talk)
  }

  @Test func checkSaysNothingOnStandardOutputOfACleanPolicy() throws {
    let outcome = try run(["check", "good.yaml"])
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    #expect(outcome.talk == "no problems in good.yaml\n")
  }

  /// A quote and a combining acute accent are one character, and the kernel knows bytes.
  @Test(arguments: ["a\"\u{301}", "a\\\u{301}", "a\r\nb"])
  func aNoteHasNoQuotesWhateverStandsUponThem(note: String) throws {
    let outcome = try run(["add", "quarantine", "192.0.2.7", "--note", note])
    #expect(outcome.status == 64)
    #expect(outcome.talk.contains("the kernel's comments hold no quotes"))
  }

  @Test func addressesThatCannotBeReadAreNoEmptyList() throws {
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "fwpolicy").path
    for verb in ["add", "remove"] {
      let outcome = try ProgramRun.run(
        "sh", ["-c", "exec '\(program)' \(verb) quarantine - < /"], in: folder)
      #expect(outcome.status == 2)
      #expect(outcome.talk.contains("standard input cannot be read: Is a directory"))
    }
  }

  @Test func checkWritesDiagnosticsToStandardOutput() throws {
    let outcome = try run(["check", "bad.yaml", "--diagnostics", "concise"])
    #expect(outcome.status == 1)
    #expect(outcome.output.hasPrefix("bad.yaml:4:14: error[FW101]: "))
    #expect(outcome.talk.isEmpty)
  }

  @Test(arguments: ["list.yaml", "noc.txt", "./noc.txt"])
  func compileNeverWritesOverWhatItReads(output: String) throws {
    try folder.write(
      "fwpolicy: 1\nname: m\nnetworks: { noc: { file: noc.txt } }\ninbound:\n"
        + "  - { allow: ssh, from: noc }\n", to: "list.yaml")
    try folder.write("192.0.2.0/28\n", to: "noc.txt")
    let before = try folder.text(of: output)
    let outcome = try run(["compile", "list.yaml", "-o", output])
    #expect(outcome.status == 2)
    #expect(outcome.talk.contains("is an input of this policy and would be lost"))
    #expect(try folder.text(of: output) == before)
  }

  @Test func checkOfSeveralPoliciesExitsByTheWorst() throws {
    let outcome = try run(["check", "good.yaml", "bad.yaml", "none.yaml"])
    #expect(outcome.status == 2)
    #expect(outcome.output.contains("none.yaml"))
    #expect(outcome.output.contains("bad.yaml:4:14"))
  }

  @Test func checkSumsUpSeveralPoliciesInTheirOrder() throws {
    try folder.write(Self.good + "  - { allow: ssh }\n", to: "ssh.yaml")
    let policies = ["bad.yaml", "good.yaml", "ssh.yaml", "none.yaml", "good.yaml"]
    let text = try run(["check"] + policies)
    #expect(
      text.talk == """
        1 error in bad.yaml
        1 warning in ssh.yaml
        1 error in none.yaml
        5 policies: 1 without an answer, 1 with errors, 1 with warnings, 2 clean; 2 errors, 1 warning

        """)
    let concise = try run(["check", "--diagnostics", "concise"] + policies)
    #expect(concise.talk.hasPrefix("5 policies: 1 without an answer"))
    let places = concise.output.split(separator: "\n").map { $0.prefix { $0 != ":" } }
    #expect(places.filter { $0.hasSuffix("yaml") } == ["bad.yaml", "ssh.yaml"])
    let json = try run(["check", "--format", "json"] + policies)
    let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    let summary = try #require(document?["summary"] as? [String: Any])
    #expect(summary["policies"] as? Int == 5 && summary["clean"] as? Int == 2)
    let each = try #require(summary["each"] as? [[String: Any]])
    #expect(each.map { $0["policy"] as? String } == policies)
    #expect(
      each.map { $0["result"] as? String } == ["errors", "clean", "warnings", "unread", "clean"])
    #expect((document?["declarations"] as? [Any])?.count == 2, "one of two files, each once")
    #expect(json.talk.isEmpty && json.status == 2)
  }

  @Test func whatReadersCopyFromIsCleanAndAPartOfAPolicySaysThatItIsOne() throws {
    let tree = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    func files(_ folder: String) throws -> [String] {
      let names = try FileManager.default.contentsOfDirectory(
        atPath: tree.appending(path: folder).path)
      return names.sorted().map { tree.appending(path: "\(folder)/\($0)").path }
    }
    let examples =
      try files("Examples").map { $0 + "/policy.yaml" }
      .filter { FileManager.default.fileExists(atPath: $0) } + files("Examples/baselines")
    #expect(examples.count >= 9)
    let clean = try run(["check", "--strict"] + examples)
    #expect(clean.status == 0, "\(clean.output)")
    for part in try files("Policies/baselines") {
      let outcome = try run(["check", "--strict", part])
      #expect(outcome.status == 1)
      #expect(
        outcome.output.contains(
          "or, where it is a part that policies include, give a policy that includes it"))
    }
  }

  @Test func checkListsChecksByProfile() throws {
    let all = try run(["check", "--list"])
    let table = try run(["list", "checks"]).output
    #expect(all.status == 0 && all.output == table)
    let web = try run(["check", "--list", "--profile", "web-host"]).output
    #expect(web.contains("FW408") && !web.contains("FW313") && web.contains("FW310"))
    #expect(try run(["check", "--list", "good.yaml"]).status == 64)
    #expect(try run(["check", "--profile", "phone", "good.yaml"]).status == 64)
    let narrow = try run(["check", "--profile", "web-host", "good.yaml"])
    #expect(narrow.talk.contains("checks of other profiles were not asked"))
  }

  @Test func checkSaysWhatIsAsserted() throws {
    let outcome = try run(["check", "--declarations", "good.yaml"])
    #expect(
      outcome.talk == """
        asserted, not verified: rule `allow-smtp` serves mx (good.yaml:4:28)
        no problems in good.yaml

        """)
  }

  @Test func diffReadsARevisionWithTheListsOfThatRevision() throws {
    try folder.write("192.0.2.0/28\n", to: "noc.txt")
    try folder.write(
      "fwpolicy: 1\nname: edge\nnetworks:\n  noc: { file: noc.txt }\ninbound:\n"
        + "  - { allow: ssh, from: noc }\n", to: "edge.yaml")
    try git("init", "-q")
    try git("add", "noc.txt", "edge.yaml")
    try git("commit", "-q", "-m", "the first policy")
    #expect(try run(["diff", "HEAD:edge.yaml", "edge.yaml"]).status == 0)

    try folder.write("192.0.2.0/28\n198.51.100.0/28\n", to: "noc.txt")
    let outcome = try run(["diff", "HEAD:edge.yaml", "edge.yaml"])
    #expect(outcome.status == 1, "\(outcome.talk)")
    #expect(outcome.output.contains("1 opened, 0 closed"), "\(outcome.output)")
    #expect(outcome.output.contains("198.51.100.0/28"))
    // Neither the index nor the work tree is another.
    #expect(try git("status", "--short", "--untracked-files=no") == " M noc.txt\n")

    let unknown = try run(["diff", "v9:edge.yaml", "edge.yaml"])
    #expect(unknown.status == 2)
    #expect(unknown.talk.contains("git knows no revision `v9` here"))
    let none = try run(["diff", "HEAD:none.yaml", "edge.yaml"])
    #expect(none.status == 2)
    #expect(none.talk.contains("there is no `none.yaml` in `HEAD`"), "\(none.talk)")
    // What looks like an option is a name.
    #expect(try run(["diff", "--", "--all:edge.yaml", "edge.yaml"]).status == 2)
  }

  /// What git says, in the test's folder, whoever runs the test.
  @discardableResult
  private func git(_ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      ["git", "-c", "user.name=fwpolicy", "-c", "user.email=fwpolicy@example.org"] + arguments
    process.currentDirectoryURL = URL(filePath: folder.path)
    process.environment = [
      "PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let said = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "git \(arguments)")
    return String(decoding: said, as: UTF8.self)
  }

  @Test func checkListsWhatIsWaived() throws {
    let text = "fwpolicy: 1\nname: mx1\ninbound:\n  - { deny: any }\n"
    try folder.write(
      text + "  - { allow: smtp, waive: { unreachable-rule: not yet } }\n", to: "waived.yaml")
    let outcome = try run(["check", "--strict", "waived.yaml"])
    #expect(outcome.status == 0 && outcome.output.isEmpty)
    #expect(
      outcome.talk == """
        waived: FW201 rule `allow-smtp` can never match (waived.yaml:5:29: not yet)
        no problems in waived.yaml, 1 waived

        """)
    let json = try run(["check", "waived.yaml", "--format", "json"]).output
    #expect(json.contains("\"reason\": \"not yet\""))
    try folder.write(text + "  - { allow: smtp }\n", to: "plain.yaml")
    #expect(try run(["check", "plain.yaml"]).status == 1)
    #expect(try run(["compile", "plain.yaml"]).talk.isEmpty, "only check asks checks")
  }

  @Test func notesAreListedOnDemand() throws {
    try folder.write(
      "fwpolicy: 1\nname: mx1\ninbound:\n  - { deny: https, from: 192.0.2.1 }\n  - { allow: https }\n",
      to: "notes.yaml")
    #expect(try run(["check", "notes.yaml"]).talk == "no problems in notes.yaml\n")
    let all = try run(["check", "--all", "--strict", "notes.yaml"])
    #expect(all.status == 0, "a note is no warning")
    #expect(all.output.hasPrefix("note[FW204]: "))
    #expect(all.talk == "1 note in notes.yaml\n")
  }

  @Test func checksAreListedAndExplained() throws {
    let table = try run(["list", "checks"]).output
    let row = table.split(separator: "\n").first { $0.hasPrefix("FW201") } ?? ""
    #expect(
      row.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true).prefix(3)
        == ["FW201", "unreachable-rule", "warning"])
    #expect(row.hasSuffix("  a rule that no packet can reach"))
    let json = try run(["list", "checks", "--format", "json"]).output
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.utf8)) }
    let explained = try run(["explain", "unreachable-rule"]).output
    #expect(explained.hasPrefix("FW201: unreachable-rule\n\nFinds a rule"))
    #expect(explained.contains("\n    fwpolicy: 1\n"))
  }

  @Test(arguments: ["json", "sarif"])
  func documentsAreWholeEvenWithoutDiagnostics(format: String) throws {
    let outcome = try run(["check", "good.yaml", "--format", format])
    #expect(outcome.status == 0)
    #expect(throws: Never.self) {
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    }
  }

  @Test func compileWritesTheRulesetToStandardOutput() throws {
    let outcome = try run(["compile", "good.yaml"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("table inet fwpolicy {"))
    #expect(outcome.talk.isEmpty)
  }

  @Test func compileOfAPolicyWithErrorsWritesNothing() throws {
    let outcome = try run(["compile", "bad.yaml", "-o", "out.nft"])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.talk.contains("error[FW101]"))
    #expect(try folder.names() == ["bad.yaml", "good.yaml"])
  }

  @Test func compileToAFileIsSilentAndEqualToStandardOutput() throws {
    let outcome = try run(["compile", "good.yaml", "-o", "out.nft"])
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    #expect(try folder.text(of: "out.nft") == run(["compile", "good.yaml"]).output)
    #expect(try folder.names() == ["bad.yaml", "good.yaml", "out.nft"])
  }

  @Test func compileToAMissingFolderCouldNotRun() throws {
    let outcome = try run(["compile", "good.yaml", "-o", "none/out.nft"])
    #expect(outcome.status == 2)
    #expect(
      outcome.talk == "fwpolicy: `none/out.nft` cannot be written: No such file or directory\n")
  }

  @Test func standardInputIsAPolicy() throws {
    let outcome = try run(["compile", "-"], input: Self.good)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("table inet fwpolicy {"))
    let wrong = try run(["check", "-", "--diagnostics", "concise"], input: Self.bad)
    #expect(wrong.output.hasPrefix("<stdin>:4:14: "))
  }

  @Test func productsDependOnInputsAndNotOnTheirPlace() throws {
    try folder.write(Self.good, to: "deep/down/good.yaml")
    let here = try run(["compile", "good.yaml"]).output
    #expect(try run(["compile", "deep/down/good.yaml"]).output == here)
    #expect(try run(["compile", folder("good.yaml")]).output == here)
  }

  @Test func settingsAndValuesGiveVariables() throws {
    try folder.write(
      "fwpolicy: 1\nname: mx1\nvariables: { port: tcp/1 }\ninbound:\n  - { allow: \"${port}\" }\n",
      to: "v.yaml")
    try folder.write("port: tcp/2222\n", to: "values.yaml")
    let values = try run(["compile", "v.yaml", "--values", "values.yaml"])
    #expect(values.status == 0)
    #expect(values.output.contains("2222"))
    let set = try run(["compile", "v.yaml", "--values", "values.yaml", "--set", "port=tcp/3333"])
    #expect(set.status == 0)
    #expect(set.output.contains("3333") && !set.output.contains("2222"))
    #expect(try run(["check", "v.yaml", "--values", "none.yaml"]).status == 2)
  }

  /// A file that the policy names and that is not there: no answer, rather than no.
  @Test(arguments: [
    "networks: { n: { file: none.txt } }", "networks: { n: { csv: none.csv, column: a } }",
    "include: [none.yaml]",
    "smtp-egress: { clients: inside, subnets: none.csv }\nzones: { inside: { kind: containers, interfaces: [br0] } }",
    "templates: { t: { parameters: [n], users: { \"${n}\": 7 } } }\ninstances: [{ template: t, for-each: none.json }]",
  ])
  func aFileThatIsNotThereLeavesNoAnswer(text: String) throws {
    try folder.write("fwpolicy: 1\nname: mx1\n\(text)\n", to: "v.yaml")
    for command in [
      ["check"], ["compile"], ["query", "--to", "self", "--service", "ssh"], ["test"],
    ] {
      let outcome = try run(command + ["v.yaml"])
      #expect(outcome.status == 2, "\(command): \(outcome.talk)\(outcome.output)")
      #expect((outcome.output + outcome.talk).contains("none."))
    }
  }

  @Test func helpShowsDurationsAsTheyAreWritten() throws {
    let help = try run(["counters", "--help"]).output
    #expect(help.contains("(default: 2s)") && !help.contains("DurationArgument"))
  }

  @Test(arguments: [
    ("192.0.2.1/24", "write `192.0.2.0/24` for the network or `192.0.2.1` for the one address"),
    ("::ffff:192.0.2.0/120", "write 192.0.2.0/24"),
    ("192.0.2.300", "octet `300` is larger than 255"),
    ("mail.example.net", "write the addresses themselves"), ("\u{1b}[31m", "<ESC>"),
  ])
  func whatCannotBeAddedIsExplained(address: String, text: String) throws {
    let outcome = try run(["add", "quarantine", address])
    #expect(outcome.status == 1 && outcome.output.isEmpty)
    #expect(
      outcome.talk.contains(text) || (text == "<ESC>" && !outcome.talk.contains("\u{1b}")),
      "\(outcome.talk)")
    #expect(outcome.talk.hasSuffix("nothing was changed\n"))
  }

  @Test(arguments: [
    ("213503d", true), ("213504d", false), ("213502d24h", true), ("213503d1s", false),
  ])
  func anEntryStaysForNoLongerThanTheKernelKeepsIt(time: String, isTaken: Bool) throws {
    // What can be read is then refused for its address, before the kernel is asked.
    let outcome = try run(["add", "quarantine", "192.0.2.300", "--for", time])
    #expect(outcome.status == (isTaken ? 1 : 64))
  }

  @Test(arguments: [
    ["frobnicate"], ["check"], ["check", "good.yaml", "--set", "novalue"],
    ["check", "good.yaml", "--color", "mauve"], ["compile", "good.yaml", "--format", "pf"],
    ["explain", "FW000"], ["check", "-", "-"],
  ])
  func wrongUsageExits64(arguments: [String]) throws {
    let outcome = try run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
  }

  /// What is planned is not there until it works.
  @Test(arguments: [
    "status", "schema", "fmt", "init", "rollback", "confirm", "history",
  ])
  func thereAreNoStubs(command: String) throws {
    #expect(try run([command, "good.yaml"]).status == 64)
  }

  @Test(arguments: [
    ["check"], ["test"], ["query"], ["diff"], ["compile"], ["apply"], ["list"],
    ["list", "services"],
    ["list", "checks"],
    ["explain"],
  ])
  func everyCommandHasHelpWithAnExample(command: [String]) throws {
    let outcome = try run(command + ["--help"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("Example"))
  }

  @Test func colourIsByRequestOnly() throws {
    #expect(try !run(["check", "bad.yaml"]).output.contains("\u{1B}"))
    #expect(try run(["check", "bad.yaml", "--color", "always"]).output.contains("\u{1B}"))
  }

  @Test func fullDiskIsAFailure() throws {
    let outcome = try run(["compile", "good.yaml", "-o", "/dev/full"])
    #expect(outcome.status == 2)
  }

  @Test func readerThatGoesAwayIsNoFailure() throws {
    let program = CommandLine.arguments[0].split(separator: "/").dropLast().joined(separator: "/")
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = [
      "-c", "{ sleep 0.3; /\(program)/fwpolicy compile good.yaml 2>err; echo $? >status; } | true",
    ]
    shell.currentDirectoryURL = URL(filePath: folder.path)
    try shell.run()
    shell.waitUntilExit()
    #expect(try folder.text(of: "status") == "0\n")
    #expect(try folder.text(of: "err").isEmpty)
  }

  @Test func applyOfAPolicyWithErrorsStopsBeforeTheKernel() throws {
    let outcome = try run(["apply", "--dry-run", "bad.yaml"])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
  }

  @Test func servicesAreListedForPeopleAndPrograms() throws {
    #expect(try run(["list", "services"]).output.contains("\nsmtp "))
    let json = try run(["list", "services", "--format", "json"]).output
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    #expect(object?["version"] as? Int == 1)
    #expect((object?["services"] as? [Any])?.isEmpty == false)
  }

  @Test func codesAreExplainedByNumberAndName() throws {
    let byCode = try run(["explain", "fw101"])
    #expect(byCode.status == 0)
    #expect(byCode.output.hasPrefix("FW101: unknown-name\n\n"))
    #expect(try run(["explain", "unknown-name"]).output == byCode.output)
  }
}

/// `query` and `test` as processes.
extension CommandLineTests {
  private static let mail = """
    fwpolicy: 1
    name: mx1
    networks: { noc: [192.0.2.0/28, 2001:db8:10::/64] }
    inbound:
      - { allow: smtp }
      - { allow: ssh, from: noc }
    tests:
      - { expect: allow, to: self, service: smtp }
      - { name: "a < b", expect: blocked, to: self, service: ssh }

    """

  @Test func aQuestionHasAnAnswerForEachDecider() throws {
    try folder.write(Self.mail, to: "mail.yaml")
    let outcome = try run(["query", "mail.yaml", "--to", "self", "--service", "ssh"])
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        allow: accepted by rule `allow-ssh-from-noc` (mail.yaml:6)
          inbound from noc to self: ssh
          for example inbound in if0: tcp 192.0.2.7:40000 -> 192.0.2.10:22 (new)
        deny: dropped by the inbound default
          inbound from any except noc to self: ssh
          for example inbound in if0: tcp 198.51.100.7:40000 -> 192.0.2.10:22 (new)

        """)
  }

  @Test func aTraceNamesEveryRuleThatWasPassed() throws {
    try folder.write(Self.mail, to: "mail.yaml")
    let outcome = try run([
      "query", "mail.yaml", "--from", "198.51.100.9", "--to", "self", "--service", "tcp/22",
      "--trace",
    ])
    #expect(outcome.status == 0)
    #expect(
      outcome.output.contains("rule `allow-smtp` (mail.yaml:5): the service is not smtp\n"))
    #expect(
      outcome.output.contains(
        "rule `allow-ssh-from-noc` (mail.yaml:6): the source is not in its `from`\n"))
    #expect(outcome.output.hasSuffix("the inbound default: dropped\n"))
  }

  @Test func aQuestionThatCannotBeReadIsShown() throws {
    try folder.write(Self.mail, to: "mail.yaml")
    let outcome = try run(["query", "mail.yaml", "--from", "nok"])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.talk.contains("no zone or network is named `nok`"))
    #expect(outcome.talk.contains("did you mean `noc`?"))
  }

  @Test func packetsAreAnsweredLineByLine() throws {
    try folder.write(Self.mail, to: "mail.yaml")
    let outcome = try run(
      ["query", "mail.yaml", "--packets", "-"],
      input: """
        {"from": "192.0.2.3", "to": "198.51.100.1", "service": "ssh"}
        {"from": "nowhere"}

        {"from": "2001:db8::1", "to": "2001:db8::2", "service": "tcp/25"}
        """)
    #expect(outcome.status == 1)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].contains("\"input\": 1, \"verdict\": \"allow\""))
    #expect(lines[1].contains("\"input\": 2, \"error\": "))
    #expect(lines[2].contains("\"input\": 4, \"verdict\": \"allow\""))
    #expect(lines[2].contains("\"name\": \"allow-smtp\""))
  }

  @Test func testsAreReportedInEveryForm() throws {
    try folder.write(Self.mail, to: "mail.yaml")
    let text = try run(["test", "mail.yaml"])
    #expect(text.status == 1)
    #expect(text.output.hasPrefix("ok: allow-smtp-to-self\n"))
    #expect(text.output.contains("error[FW651]: test `a < b` expects `blocked`"))
    #expect(text.talk == "2 tests in mail.yaml: 1 does not hold\n")
    let junit = try run(["test", "--format", "junit", "mail.yaml"])
    #expect(junit.output.contains("<testsuite name=\"mail.yaml\" tests=\"2\" failures=\"1\""))
    #expect(junit.output.contains("<testcase name=\"a &lt; b\""))
    let json = try run(["test", "--format", "json", "mail.yaml"])
    #expect(json.output.contains("\"outcome\": \"fails\""))
  }

  @Test func compileWithTestsWritesNothingWhereOneFails() throws {
    try folder.write(Self.mail, to: "mail.yaml")
    #expect(try run(["compile", "mail.yaml"]).status == 0)
    let outcome = try run(["compile", "--test", "mail.yaml", "-o", "out.nft"])
    #expect(outcome.status == 1)
    #expect(outcome.talk.contains("FW651"))
    #expect((try? folder.text(of: "out.nft")) == nil)
  }
}
