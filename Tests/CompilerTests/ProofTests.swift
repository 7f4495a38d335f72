import Compiler
import Diagnostics
import Lowering
import NetworkTypes
import Nftables
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// Nothing is written whose meaning is not the policy's.
@Suite struct ProofTests {
  private static let text = """
    fwpolicy: 1
    name: p
    networks:
      noc: [192.0.2.0/28, 192.0.2.32/28, 2001:db8:10::/64]
    inbound:
      - { allow: ssh, from: noc, limit: 10/minute per source, count: true }
      - { reject: [smtp, dns], log: true }
      - { allow: [http, https], limit: 100/second }
    """

  private let compilation = compile(
    "p.yaml", provider: MemoryProvider(["p.yaml": ProofTests.text]))

  private func parts() throws -> (LoweredPolicy, ResolvedPolicy) {
    (try #require(compilation.lowered), try #require(compilation.policy))
  }

  /// The counterexample of a table that is not the policy's.
  private func counterexample(_ change: (inout Table) -> Void) throws -> Counterexample {
    var (lowered, policy) = try parts()
    change(&lowered.table)
    guard case .different(let example) = prove(lowered, of: policy) else {
      Issue.record("the proof does not notice")
      throw CancellationError()
    }
    #expect(example.expected != example.outcome)
    #expect(PolicyMeaning(of: policy).decide(example.packet) == example.decision)
    return example
  }

  @Test func aCompiledTableIsProven() throws {
    guard case .equal(let figures) = try #require(compilation.proof) else {
      Issue.record("not proven")
      return
    }
    #expect(figures.nodes > 10 && figures.edges > figures.nodes && figures.bytes > 0)
    let head = String(decoding: try #require(compilation.product(.nft)).prefix(400), as: UTF8.self)
    #expect(head.contains("# Proven: "))
  }

  @Test func aLostElementIsNoticedByAPacketOfIt() throws {
    let example = try counterexample { table in
      for index in table.sets.indices {
        if case .ipv4(let set) = table.sets[index].elements {
          table.sets[index].elements = .ipv4(.init(Array(set.intervals.dropLast())))
        }
      }
    }
    #expect(example.decision?.decider?.name == "allow-ssh-from-noc")
    #expect(example.packet.description.contains("192.0.2."))
    #expect(example.steps.isEmpty == false)
  }

  /// Each rule of the table does something: without it the table means something else.
  @Test func everyRuleMatters() throws {
    let (lowered, policy) = try parts()
    var count = 0
    for chain in lowered.table.chains.indices {
      for rule in lowered.table.chains[chain].rules.indices {
        var mutant = lowered
        mutant.table.chains[chain].rules.remove(at: rule)
        count += 1
        if case .equal = prove(mutant, of: policy) {
          Issue.record("\(lowered.table.chains[chain].rules[rule]) is not missed")
        }
      }
    }
    #expect(count > 15)
  }

  @Test func aLostCounterAndALostLogAreNoticed() throws {
    _ = try counterexample { table in
      table.removeStatements { statement in
        if case .counter(let name) = statement { name.hasPrefix("rule-") } else { false }
      }
    }
    _ = try counterexample { table in
      for chain in table.chains.indices {
        table.chains[chain].rules.removeAll { rule in
          if case .log? = rule.statements.last { true } else { false }
        }
      }
    }
  }

  @Test func theDiagnosticShowsThePacketAndBothDecisions() throws {
    var (lowered, policy) = try parts()
    lowered.table.replaceVerdict(.accept, with: .drop, inChain: "rule-allow-http-https")
    let proof = prove(lowered, of: policy)
    let diagnostic = try #require(proof.diagnostics(of: lowered, policy: policy).first)
    #expect(diagnostic.code == .meaningDiffers)
    #expect(diagnostic.severity == .error)
    let primary = try #require(diagnostic.primary)
    #expect(compilation.sources.text(of: primary.span).contains("allow: [http, https]"))
    #expect(diagnostic.secondary.count == 1)
    let notes = diagnostic.notes.joined(separator: "\n")
    #expect(notes.contains("for example inbound in "))
    #expect(notes.contains("the policy: accept"))
    #expect(notes.contains("the ruleset: drop"))
    #expect(notes.contains("decided in chain rule-allow-http-https, rule "))
  }

  @Test func whatTheInterpreterDoesNotKnowIsNoProof() throws {
    var (lowered, policy) = try parts()
    for chain in lowered.table.chains.indices {
      for rule in lowered.table.chains[chain].rules.indices {
        lowered.table.chains[chain].rules[rule].statements.insert(
          .lookup(Key([.init(.ipv4Source)]), isNegated: false, set: "no-such-set"), at: 0)
      }
    }
    guard case .notUnderstood(let error) = prove(lowered, of: policy) else {
      Issue.record("a look-up in nothing is proven")
      return
    }
    #expect(error.kind == .missingSet("no-such-set"))
    let proof = prove(lowered, of: policy)
    #expect(proof.diagnostics(of: lowered, policy: policy).map(\.code) == [.meaningDiffers])
  }

  /// Rows that end at dates of their own each have a chain, and all of them lead to the same ones.
  @Test func manyDatesAreProven() throws {
    var rows = "prefix,name,smtp,expires\n"
    for row in 0..<600 {
      let answer = ["allowed", "relays-only", "blocked"][row % 3]
      rows +=
        "198.51.\(row / 256).\(row % 256),c\(row),\(answer),2099-\(row % 12 + 1)-\(row / 12 % 28 + 1)\n"
    }
    let compilation = compile(
      "p.yaml",
      provider: MemoryProvider([
        "rows.csv": rows.replacing(/-([0-9])\b/) { "-0\($0.output.1)" },
        "p.yaml": """
        fwpolicy: 1
        name: p
        role: router
        zones:
          internet: { kind: outside, interfaces: [eth0] }
          clients: { kind: clients, interfaces: [eth1] }
        forward: [{ allow: any, from: clients, to: internet }]
        smtp-egress: { clients: clients, relays: 192.0.2.25, subnets: rows.csv }
        """,
      ]))
    #expect(!compilation.hasErrors)
    let proof = compilation.proof
    guard case .equal = proof else {
      Issue.record("not proven")
      return
    }
  }

  /// Rows within rows that outlive them: the kernel's limit of nested chains is none of nested rows.
  @Test(arguments: ["192.0.2.0", "2001:db8::"]) func rowsNestAsDeepAsPrefixesDo(_ base: String)
    throws
  {
    let longest = base.contains(":") ? 128 : 32
    let answers = ["allowed", "blocked", "relays-only", "blocked", "relays-only"]
    let rows = (0..<22).map { row in
      "\(base)/\(longest - row),c\(row),\(answers[row % 5]),\(2040 + row)-01-01\n"
    }
    let network = base.contains(":") ? "2001:db8::/64" : "192.0.0.0/9"
    let compilation = compile(
      "p.yaml",
      provider: MemoryProvider([
        "rows.csv": "prefix,name,smtp,expires\n"
          + rows.map { $0.replacing("192.0.2.0/", with: "192.0.0.0/") }.joined(),
        "p.yaml": """
        fwpolicy: 1
        name: p
        role: router
        zones:
          internet: { kind: outside, interfaces: [eth0] }
          clients: { kind: clients, interfaces: [eth1], networks: ["\(network)"] }
        forward: [{ allow: any, from: clients, to: internet }]
        smtp-egress:
          clients: clients
          relays: 192.0.2.25
          allow: [{ from: "\(network)", to: 203.0.113.9, owner: noc, expires: 2099-01-01 }]
          subnets: rows.csv
        """,
      ]))
    #expect(compilation.diagnostics.map(\.message) == [])
    let proof = compilation.proof
    guard case .equal = proof else {
      Issue.record("not proven")
      return
    }
  }

  @Test func aProofThatDoesNotFitIsAnErrorThatNamesTheWayOut() throws {
    let (lowered, policy) = try parts()
    let proof = prove(lowered, of: policy, byteLimit: 20_000)
    guard case .outOfSpace = proof else {
      Issue.record("it fits")
      return
    }
    let diagnostic = try #require(proof.diagnostics(of: lowered, policy: policy).first)
    #expect(diagnostic.code == .unprovenMeaning)
    #expect(diagnostic.help.contains { $0.text.contains("--no-prove") })
  }

  @Test func withoutAProofTheHeadSaysSo() throws {
    let unproven = compile(
      "p.yaml", provider: MemoryProvider(["p.yaml": Self.text]), proves: false)
    #expect(unproven.proof == nil)
    for format in OutputFormat.allCases {
      let text = String(decoding: try #require(unproven.product(format)), as: UTF8.self)
      #expect(text.contains("NOT PROVEN"))
      #expect(!text.contains("Proven: "))
    }
  }
}

extension Table {
  fileprivate mutating func removeStatements(_ isUnwanted: (Statement) -> Bool) {
    for chain in chains.indices {
      for rule in chains[chain].rules.indices {
        chains[chain].rules[rule].statements.removeAll(where: isUnwanted)
      }
    }
  }

  fileprivate mutating func replaceVerdict(
    _ old: Verdict, with new: Verdict, inChain name: String
  ) {
    for chain in chains.indices where chains[chain].name == name {
      for rule in chains[chain].rules.indices {
        let statements = chains[chain].rules[rule].statements
        chains[chain].rules[rule].statements = statements.map {
          $0 == .verdict(old) ? .verdict(new) : $0
        }
      }
    }
  }
}
