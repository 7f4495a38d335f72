import Compiler
import Foundation
import TestSupport
import Testing

/// One policy for many routers, as a process.
@Suite struct EachCommandTests {
  private let folder: TemporaryFolder
  private static let policy = """
    fwpolicy: 1
    name: "edge"
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"] }
    networks: { pool: { csv: inventory.csv, column: prefix, where: { pop: "${pop}" } } }
    inbound: [{ allow: ssh, from: "${admins}" }]
    forward: [{ allow: https, from: pool, to: internet }]

    """
  private static let inventory = """
    pop,prefix
    yvr,198.51.100.0/26
    yyz,198.51.100.64/26
    yul,198.51.100.128/26

    """

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(Self.policy, to: "edge.yaml")
    try folder.write(Self.inventory, to: "inventory.csv")
    for pop in ["yvr", "yyz", "yul"] {
      try folder.write("pop: \(pop)\nadmins: 192.0.2.1\n", to: "pops/\(pop).yaml")
    }
  }

  private func run(_ arguments: String...) throws -> (status: Int32, output: String, talk: String) {
    try ProgramRun.fwpolicy(arguments, in: folder)
  }

  private func files(_ path: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: URL(filePath: folder.path).appending(path: path).path)
    return (names ?? []).sorted()
  }

  private func manifest(_ path: String = "out/manifest.json") throws -> [String: Any] {
    let data = Data(try folder.text(of: path).utf8)
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  // MARK: compile

  @Test func everyRouterIsWrittenAndListed() throws {
    let outcome = try run(
      "compile", "edge.yaml", "--each", "pops/yyz.yaml", "pops/yvr.yaml", "-o", "out/{name}.nft")
    #expect(outcome.status == 0, "\(outcome.talk)")
    #expect(outcome.talk == "2 routers written, listed in out/manifest.json\n")
    #expect(files("out") == ["manifest.json", "yvr.nft", "yyz.nft"])
    let written = try folder.text(of: "out/yvr.nft")
    #expect(written.contains("198.51.100.0/26") && !written.contains("198.51.100.64/26"))
    // Alone it is the same bytes.
    let alone = try run("compile", "edge.yaml", "--values", "pops/yvr.yaml")
    #expect(alone.output == written)

    let list = try manifest()
    #expect(list["version"] as? Int == 1)
    #expect(list["policy"] as? String == "edge.yaml")
    #expect(list["proven"] as? Bool == true)
    let routers = try #require(list["routers"] as? [[String: String]])
    #expect(routers.map { $0["name"] } == ["yvr", "yyz"])
    #expect(routers.map { $0["output"] } == ["yvr.nft", "yyz.nft"])
    #expect(routers.map { $0["values"] } == ["pops/yvr.yaml", "pops/yyz.yaml"])
    #expect(routers.map { $0["policyName"] } == ["edge", "edge"])
    for router in routers {
      let text = try folder.text(of: "out/\(router["name"] ?? "").nft")
      var hash = SHA256()
      hash.update(Array(text.utf8))
      #expect(router["sha256"] == hash.finalizedHexadecimal())
      #expect(text.contains("sha256 of all inputs: \(router["inputs"] ?? "?")"))
    }
  }

  /// One inventory for all, of which each router has its rows and their counters.
  @Test func everyRouterHasItsRowsOfTheInventory() throws {
    try folder.write(
      "pop,prefix,name,smtp\nyvr,198.51.100.0/28,acme,allowed\nyyz,198.51.100.64/28,bolt,blocked\n"
        + "yul,198.51.100.128/28,coil,allowed\n", to: "rows.csv")
    try folder.write(
      Self.policy + """
        smtp-egress:
          clients: clients
          subnets: { file: rows.csv, where: { pop: "${pop}" } }
          count: per-subnet

        """, to: "edge.yaml")
    #expect(
      try run("compile", "edge.yaml", "--each", "pops/*.yaml", "-o", "out/{name}.nft").status == 0)
    for (pop, own) in [("yvr", "acme"), ("yyz", "bolt"), ("yul", "coil")] {
      let text = try folder.text(of: "out/\(pop).nft")
      for name in ["acme", "bolt", "coil"] {
        #expect(text.contains("subnet-\(name)-198.51.100") == (name == own), "\(pop), \(name)")
      }
    }
  }

  @Test func aQuotedPatternIsLookedUpAndTheOrderOfPathsDoesNotMatter() throws {
    _ = try run("compile", "edge.yaml", "--each", "pops/*.yaml", "-o", "a/{name}.nft")
    _ = try run(
      "compile", "edge.yaml", "--each", "pops/yyz.yaml", "pops/yul.yaml", "pops/yvr.yaml", "-o",
      "b/{name}.nft")
    #expect(files("a") == ["manifest.json", "yul.nft", "yvr.nft", "yyz.nft"])
    for name in files("a") {
      #expect(try folder.text(of: "a/\(name)") == folder.text(of: "b/\(name)"))
    }
  }

  @Test func aRouterMayHaveAFolderOfItsOwn() throws {
    let outcome = try run(
      "compile", "edge.yaml", "--each", "pops/yvr.yaml", "-o", "out/{name}/{name}.json", "--format",
      "json", "--manifest", "list.json", "--no-prove")
    #expect(outcome.status == 0, "\(outcome.talk)")
    #expect(files("out/yvr") == ["yvr.json"])
    let list = try manifest("list.json")
    #expect(list["format"] as? String == "json")
    #expect(list["proven"] as? Bool == false)
    #expect((list["routers"] as? [[String: String]])?.map { $0["output"] } == ["out/yvr/yvr.json"])
  }

  @Test func withOneBrokenRouterNothingIsWritten() throws {
    _ = try run("compile", "edge.yaml", "--each", "pops/yvr.yaml", "-o", "out/{name}.nft")
    let before = try files("out").map { try folder.text(of: "out/\($0)") }
    try folder.write("pop: nowhere\nadmins: 192.0.2.1\n", to: "pops/bad.yaml")
    try folder.write("pop: yvr\nadmins: 192.0.2.2\n", to: "pops/yvr.yaml")
    let outcome = try run(
      "compile", "edge.yaml", "--each", "pops/*.yaml", "-o", "out/{name}.nft", "--diagnostics",
      "concise")
    #expect(outcome.status == 1)
    #expect(outcome.talk.contains("FW111"))
    #expect(outcome.talk.hasSuffix("nothing is written: 1 of 4 routers have errors\n"))
    #expect(try files("out").map { try folder.text(of: "out/\($0)") } == before)
  }

  @Test func aFileThatCannotBeWrittenLeavesAllAsTheyWere() throws {
    try folder.write("old", to: "out/yul.nft")
    try FileManager.default.createDirectory(
      atPath: URL(filePath: folder.path).appending(path: "out/yyz.nft").path,
      withIntermediateDirectories: true)
    let outcome = try run("compile", "edge.yaml", "--each", "pops/*.yaml", "-o", "out/{name}.nft")
    #expect(outcome.status == 2)
    #expect(outcome.talk.contains("`out/yyz.nft` cannot be written"))
    #expect(files("out") == ["yul.nft", "yyz.nft"])
    #expect(try folder.text(of: "out/yul.nft") == "old")
  }

  @Test func whatManyRoutersHaveAlikeIsSaidOnce() throws {
    try folder.write(Self.policy + "outbound: [{ allow: htps }]\n", to: "edge.yaml")
    try folder.write("pop: yvr\nadmins: 192.0.2.1/24\n", to: "pops/yvr.yaml")
    let outcome = try run("compile", "edge.yaml", "--each", "pops/*.yaml", "-o", "out/{name}.nft")
    #expect(outcome.status == 1)
    #expect(outcome.talk.components(separatedBy: "error[FW101]").count == 2)
    #expect(outcome.talk.contains("= note: for all 3 routers"))
    #expect(outcome.talk.contains("= note: for `yvr`\n"))
    #expect(files("out") == [])
  }

  // MARK: check

  private func json(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  /// What all routers have alike, what all have with addresses of their own, and what one has.
  private func writeFindings() throws {
    try folder.write(
      """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: ["bng*"], networks: [pool] }
      networks:
        spare: [192.0.2.99]
        pool: { csv: inventory.csv, column: prefix, where: { pop: "${pop}" } }
      inbound: [{ allow: ssh, from: 192.0.2.1, expires: "${until}" }]
      forward: [{ allow: [smtp, https, submission, submissions], from: pool, to: internet }]

      """, to: "edge.yaml")
    for pop in ["yvr", "yyz", "yul"] {
      let until = pop == "yul" ? "2020-01-01" : "2099-01-01"
      try folder.write("pop: \(pop)\nuntil: \(until)\n", to: "pops/\(pop).yaml")
    }
  }

  @Test func whatRoutersHaveAlikeIsFoundOnce() throws {
    try writeFindings()
    let outcome = try run("check", "edge.yaml", "--each", "pops/*.yaml")
    func count(_ code: String) -> Int { outcome.output.components(separatedBy: code).count - 1 }
    // All alike; all, with a packet of their own; one alone.
    #expect(count("[FW207]") == 1 && outcome.output.contains("= note: for all 3 routers\n"))
    #expect(count("[FW302]") == 1)
    #expect(
      outcome.output.contains("= note: for all 3 routers; the example is that of `yul`\n"))
    #expect(count("[FW505]") == 1 && outcome.output.contains("= note: for `yul`\n"))
    #expect(outcome.talk.contains(" in `yvr`, `yyz`\n"))
    // Each alone has no more and no less.
    for pop in ["yvr", "yyz", "yul"] {
      let alone = try run("check", "edge.yaml", "--values", "pops/\(pop).yaml", "--format", "json")
      let each = try run("check", "edge.yaml", "--each", "pops/\(pop).yaml", "--format", "json")
      #expect(alone.status == each.status)
      func messages(_ text: String) throws -> [String] {
        (try json(text)["diagnostics"] as? [[String: Any]] ?? []).map {
          "\($0["code"] ?? "") \($0["message"] ?? "")"
        }
      }
      #expect(try messages(alone.output) == messages(each.output))
      #expect(try !messages(alone.output).isEmpty)
    }
  }

  @Test(arguments: ["text", "concise", "json", "sarif", "github"])
  func everyFormNamesTheRouters(_ format: String) throws {
    try writeFindings()
    let outcome = try run("check", "edge.yaml", "--each", "pops/*.yaml", "--format", format)
    if format != "concise" { #expect(outcome.output.contains("for all 3 routers")) }
    let again = try run("check", "edge.yaml", "--each", "pops/*.yaml", "--format", format)
    #expect(again.output == outcome.output)
    guard format == "json" else { return }
    let summary = try #require(json(outcome.output)["summary"] as? [String: Any])
    #expect(summary["policies"] as? Int == 3)
    let each = try #require(summary["each"] as? [[String: Any]])
    #expect(each.map { $0["router"] as? String } == ["yul", "yvr", "yyz"])
    #expect(each.allSatisfy { $0["policy"] as? String == "edge.yaml" })
  }

  /// The status is that of the worst router.
  @Test func oneRouterFailsTheCheck() throws {
    try folder.write(
      """
      fwpolicy: 1
      name: host
      inbound: [{ allow: ssh, from: "${admins}", expires: "${until}" }]
      """, to: "host.yaml")
    try folder.write("admins: 192.0.2.1\nuntil: 2099-01-01\n", to: "hosts/a.yaml")
    let clean = try run("check", "host.yaml", "--each", "hosts/*.yaml")
    #expect(clean.status == 0 && clean.output.isEmpty && clean.talk == "no problems in a\n")
    try folder.write("admins: 192.0.2.1\nuntil: 2020-01-01\n", to: "hosts/b.yaml")
    #expect(try run("check", "host.yaml", "--each", "hosts/*.yaml").status == 0)
    let strict = try run("check", "--strict", "host.yaml", "--each", "hosts/*.yaml")
    #expect(strict.status == 1)
    #expect(
      strict.talk == "1 warning in `b`\n2 routers: 1 with warnings, 1 clean; 1 warning\n")
    try folder.write("admins: any\nuntil: 2099-01-01\n", to: "hosts/c.yaml")
    try folder.write("admins: nowhere\nuntil: 2099-01-01\n", to: "hosts/d.yaml")
    let broken = try run("check", "host.yaml", "--each", "hosts/*.yaml")
    #expect(broken.status == 1)
    #expect(broken.output.contains("= note: for `d`\n"))
    #expect(broken.talk.contains("4 routers: 1 with errors, 2 with warnings, 1 clean"))
    // A file that is not there leaves no answer.
    try folder.write(
      "fwpolicy: 1\nname: host\nnetworks: { n: { file: none.txt } }\n", to: "host.yaml")
    #expect(try run("check", "host.yaml", "--each", "hosts/*.yaml").status == 2)
  }

  @Test func aTemplatesFindingsLeadToTheirRows() throws {
    try folder.write(
      """
      fwpolicy: 1
      name: edge
      templates:
        t:
          parameters: [name, prefix]
          inbound: [{ name: "${name}", allow: telnet, from: "${prefix}", serves: web }]
      instances: [{ template: t, for-each: "${rows}" }]
      """, to: "host.yaml")
    try folder.write("rows: [{ name: a, prefix: any }]\n", to: "rows/one.yaml")
    try folder.write(
      "rows: [{ name: a, prefix: any }, { name: b, prefix: 192.0.2.1 }]\n", to: "rows/two.yaml")
    let outcome = try run("check", "host.yaml", "--each", "rows/*.yaml")
    #expect(outcome.output.contains("allow: telnet"))
    #expect(outcome.output.contains("in the instance for this row"))
    let alone = try run("check", "host.yaml", "--values", "rows/two.yaml")
    #expect(alone.output.contains("allow: telnet"))
    #expect(alone.status == 0 && alone.output.contains("in the instance for this row"))
    let told = try run("check", "host.yaml", "--values", "rows/two.yaml", "--declarations")
    #expect(told.talk.contains("rule `a` serves web (host.yaml:6:"))
  }

  @Test(arguments: [
    ["check", "--each", "pops/yvr.yaml"],
    ["check", "edge.yaml", "edge.yaml", "--each", "pops/yvr.yaml"],
    ["check", "--list", "--each", "pops/yvr.yaml"],
  ])
  func checkForRoutersTakesOnePolicy(_ arguments: [String]) throws {
    #expect(try ProgramRun.fwpolicy(arguments, in: folder).status == 64)
  }

  /// One would be lost, and the manifest would not say so.
  @Test(arguments: [
    ["-o", "out/{name}.nft"], ["-o", "new/{name}.nft", "--manifest", "./new//yyz.nft"],
  ])
  func twoNamesOfOneFileAreRefused(_ arguments: [String]) throws {
    try folder.write("before\n", to: "out/yyz.nft")
    try FileManager.default.createSymbolicLink(
      atPath: URL(filePath: folder.path).appending(path: "out/yvr.nft").path,
      withDestinationPath: "yyz.nft")
    let outcome = try ProgramRun.fwpolicy(
      ["compile", "edge.yaml", "--each", "pops/*.yaml"] + arguments, in: folder)
    #expect(outcome.status == 2)
    #expect(outcome.talk.contains("are one file: nothing is written"), "\(outcome.talk)")
    #expect(try folder.text(of: "out/yyz.nft") == "before\n")
    #expect(files("out") == ["yvr.nft", "yyz.nft"])
    #expect(files("new") == [])
  }

  /// Neither folder is there yet.
  @Test func oneFileByAFolderThatIsMadeForItIsRefused() throws {
    let outcome = try run(
      "compile", "edge.yaml", "--each", "pops/*.yaml", "-o", "new/a/{name}/../z.nft")
    #expect(outcome.status == 2)
    #expect(outcome.talk.contains("are one file: nothing is written"), "\(outcome.talk)")
    #expect(files("new") == [])
  }

  @Test(arguments: ["--each", "--values"])
  func aFileOfValuesThatIsNotThereCannotBeRead(_ option: String) throws {
    let outcome = try run("compile", "edge.yaml", option, "pops/none.yaml", "-o", "out/{name}")
    #expect(outcome.status == 2)
    #expect(outcome.talk.contains("`pops/none.yaml`"), "\(outcome.talk)")
    #expect(files("out") == [])
  }

  /// It is opened before its bytes are asked for, and what is asked then has another name.
  @Test func aFileOfValuesThatCannotBeReadIsNamed() throws {
    let outcome = try ProgramRun.fwpolicy(
      ["compile", "edge.yaml", "--values", "/proc/self/mem"], in: folder)
    #expect(outcome.status == 2)
    #expect(outcome.talk.contains("`/proc/self/mem` cannot be read"), "\(outcome.talk)")
  }

  /// Paths in a file of values start at that file, wherever the root and the working directory are.
  @Test(arguments: ["--each", "--values"])
  func pathsInAFileOfValuesStartAtIt(_ option: String) throws {
    try folder.write(
      Self.policy.replacingOccurrences(of: "csv: inventory.csv", with: "csv: \"${inventory}\""),
      to: "site/v/edge.yaml")
    let values = "pop: yvr\nadmins: 192.0.2.1\ninventory: ../lists/pool.csv\n"
    try folder.write(values, to: "site/v/pops/c.yaml")
    try folder.write(values, to: "pops/c.yaml")
    try folder.write("pop,prefix\nyvr,198.51.100.0/26\n", to: "site/v/lists/pool.csv")
    // What it would be if it were the working directory's, or the root's.
    for decoy in ["lists/pool.csv", "site/lists/pool.csv"] {
      try folder.write("pop,prefix\nyvr,203.0.113.0/26\n", to: decoy)
    }
    let runs = [
      ("site/v", "edge.yaml", "..", "pops/c.yaml"), ("site/v", "edge.yaml", ".", "pops/c.yaml"),
      ("site", "v/edge.yaml", ".", "v/pops/c.yaml"),
      ("site/v/pops", "../edge.yaml", "../..", "c.yaml"),
      ("", "site/v/edge.yaml", "site", folder("site/v/pops/c.yaml")),
    ]
    for (place, policy, root, values) in runs {
      let outcome = try ProgramRun.fwpolicy(
        ["compile", policy, "--root", root, option, values, "-o", folder("c{name}.nft")],
        in: folder, below: place)
      #expect(outcome.status == 0, "\(place): \(outcome.talk)")
      let output = option == "--each" ? "cc.nft" : "c{name}.nft"
      #expect(try folder.text(of: output).contains("198.51.100.0/26"), "\(place)")
    }
    // One that lies outside the root leads nowhere.
    let outside = try run(
      "compile", "site/v/edge.yaml", "--root", "site", option, "pops/c.yaml", "-o", "x{name}.nft")
    #expect(outside.status == 2)
    #expect(outside.talk.contains("`../lists/pool.csv` is outside `site`"), "\(outside.talk)")
    #expect(!files("").contains { $0.hasPrefix("x") })
  }

  /// Wrong usage, and what is said of it.
  static let misuses: [(arguments: [String], reason: String)] = [
    (["--each", "pops/yvr.yaml"], "--output is a path with {name} in it"),
    (["--each", "pops/yvr.yaml", "-o", "out.nft"], "--output is a path with {name} in it"),
    (["--each", "pops/none*.yaml", "-o", "{name}"], "none matches it"),
    (["--each", "pops/yvr.yaml", "more/yvr.yaml", "-o", "{name}"], "are both `yvr`"),
    (["--each", "more/-x.yaml", "-o", "{name}"], "`more/-x.yaml` is not"),
    (
      ["--each", "more/manifest.yaml", "-o", "out/{name}.json"],
      "`out/manifest.json` is the manifest"
    ),
    (["--manifest", "list.json"], "--manifest goes with --each"),
  ]

  @Test(arguments: misuses)
  func wrongUsageIsSaid(_ misuse: (arguments: [String], reason: String)) throws {
    for name in ["yvr", "-x", "manifest"] {
      try folder.write("pop: yvr\nadmins: 192.0.2.1\n", to: "more/\(name).yaml")
    }
    let outcome = try ProgramRun.fwpolicy(["compile", "edge.yaml"] + misuse.arguments, in: folder)
    #expect(outcome.status == 64)
    #expect(outcome.talk.contains(misuse.reason), "\(outcome.talk)")
    #expect(files("out") == [])
  }

  /// The policy's files are named from its folder, the operator's as the operator names them.
  @Test func filesOfValuesAreNamedAsTheyWereGiven() throws {
    try folder.write(Self.policy, to: "edge/policy.yaml")
    try folder.write(Self.inventory, to: "edge/inventory.csv")
    try folder.write("pop: yvr\nadmins: 192.0.2.1/24\n", to: "pops/yvr.yaml")
    let outcome = try run(
      "compile", "edge/policy.yaml", "--each", "pops/yvr.yaml", "-o", "out/{name}.nft")
    #expect(outcome.talk.contains("--> edge/policy.yaml:8:"))
    #expect(outcome.talk.contains("::: pops/yvr.yaml:2:9\n"))
  }

  // MARK: diff

  @Test func routersWithTheSameChangeAreToldTogether() throws {
    try folder.write(
      Self.policy.replacing("allow: ssh", with: "allow: [ssh, bgp]"), to: "new.yaml")
    try folder.write("pop: yul\nadmins: 192.0.2.9\n", to: "pops/yul.yaml")
    let outcome = try run("diff", "edge.yaml", "new.yaml", "--each", "pops/*.yaml")
    #expect(outcome.status == 1)
    #expect(outcome.output.hasPrefix("2 routers: `yvr`, `yyz`: the same change\n  OPENED\n"))
    #expect(outcome.output.contains("\n1 router: `yul`\n  OPENED\n"))
    #expect(outcome.output.hasSuffix("3 routers: 3 changed in 2 ways, 0 unchanged\n"))
    #expect(
      try run("diff", "edge.yaml", "new.yaml", "--each", "pops/*.yaml", "--fail-on", "closed")
        .status == 0)
    #expect(
      try run("diff", "edge.yaml", "new.yaml", "--each", "pops/*.yaml", "--fail-on", "opened")
        .status == 1)
    #expect(
      try run("diff", "edge.yaml", "new.yaml", "--each", "pops/*.yaml", "--format", "markdown")
        .output.contains("## 2 routers: `yvr`, `yyz`: the same change\n"))
    #expect(
      try run("diff", "edge.yaml", "edge.yaml", "--each", "pops/*.yaml").output
        == "3 routers: `yul`, `yvr`, `yyz`: no change\n3 routers: 0 changed in 0 ways, 3 unchanged\n"
    )
  }

  /// Each router has a pool of its own, and so packets of its own to show.
  @Test func oneEditOfDifferentPoolsIsOneChange() throws {
    try folder.write(
      Self.policy.replacing("allow: https", with: "allow: [https, imaps]"), to: "new.yaml")
    let outcome = try run("diff", "edge.yaml", "new.yaml", "--each", "pops/*.yaml")
    #expect(
      outcome.output.hasPrefix(
        "3 routers: `yul`, `yvr`, `yyz`: the same change; packets are examples of `yul`\n"),
      "\(outcome.output)")
    #expect(outcome.output.contains("198.51.100.128:"))
    #expect(outcome.output.hasSuffix("3 routers: 3 changed in 1 way, 0 unchanged\n"))
  }

  @Test func aRevisionHasItsOwnValuesAndRouters() throws {
    for arguments in [
      ["init", "-q"], ["add", "."],
      ["-c", "user.name=t", "-c", "user.email=t@example.net", "commit", "-qm", "first"],
    ] {
      _ = try ProgramRun.run("git", arguments, in: folder)
    }
    try FileManager.default.removeItem(
      at: URL(filePath: folder.path).appending(path: "pops/yul.yaml"))
    try folder.write("pop: yvr\nadmins: 192.0.2.1\n", to: "pops/yvr2.yaml")
    try folder.write("pop: yyz\nadmins: [192.0.2.1, 192.0.2.7]\n", to: "pops/yyz.yaml")
    let outcome = try run(
      "diff", "HEAD:edge.yaml", "edge.yaml", "--each", "pops/*.yaml", "--format", "json")
    #expect(outcome.status == 1, "\(outcome.talk)")
    let found = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(found["unchanged"] as? [String] == ["yvr"])
    #expect(found["added"] as? [String] == ["yvr2"])
    #expect(found["removed"] as? [String] == ["yul"])
    let groups = try #require(found["groups"] as? [[String: Any]])
    #expect(groups.map { $0["routers"] as? [String] } == [["yyz"]])
    let difference = groups.first?["difference"] as? [String: Any]
    #expect((difference?["summary"] as? [String: Any])?["opened"] as? Int == 1)
  }

  @Test func theKernelIsOneRouter() throws {
    let outcome = try run("diff", "--live", "edge.yaml", "--each", "pops/*.yaml")
    #expect(outcome.status == 64)
  }
}
