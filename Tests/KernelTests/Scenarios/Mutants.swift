import NetworkTypes
import Nftables
import Testing

/// One thing done wrong in lowering, as an edit of the ruleset that it makes, and the story in which
/// it must be noticed.
struct Mutant: Sendable, CustomTestStringConvertible {
  let name: String
  let scenario: Scenario
  let change: @Sendable (inout Table) -> Void

  init(_ name: String, in scenario: Scenario, _ change: @escaping @Sendable (inout Table) -> Void) {
    self.name = name
    self.scenario = scenario
    self.change = change
  }

  var testDescription: String { name }

  static let all: [Mutant] = [
    // Verdicts.
    Mutant("an accept became a drop", in: HostScenarios.mailServer) { table in
      table.editElements { if $0.verdict == .accept { $0.verdict = .drop } }
    },
    Mutant("the default accepts", in: HostScenarios.mailServer) { table in
      table.editRules(in: "hook-input") { rule in
        if rule.statements.last == .verdict(.drop), rule.comment != nil {
          rule.replace(.verdict(.drop), with: .verdict(.accept))
        }
      }
    },
    Mutant("a reject became a drop", in: HostScenarios.mailServer) { table in
      table.editRules(in: "reject-packet") { rule in
        if let last = rule.statements.last, case .reject = last {
          rule.replace(last, with: .verdict(.drop))
        }
      }
    },
    Mutant("the gate drops instead of refusing", in: HostScenarios.nullClient) { table in
      table.editRules(in: "gate-own-stop") { $0.replace(.reject(.tcpReset), with: .verdict(.drop)) }
    },
    // Families.
    Mutant("the IPv6 twin of a rule is lost", in: HostScenarios.mailServer) { table in
      table.removeRules(in: "list-inbound-allow-ssh-from-noc") {
        $0.statements.contains(.compare(.nfProto, .equal, 10))
      }
    },
    Mutant("the gate sees IPv4 only", in: RouterScenarios.edge) { table in
      table.editRules(in: "hook-forward") { rule in
        if rule.statements.contains(.verdict(.jump("gate-forward"))) {
          rule.statements.insert(.compare(.nfProto, .equal, 2), at: 0)
        }
      }
    },
    Mutant("ICMPv6 echo is lost", in: HostScenarios.mailServer) { table in
      table.removeRules(in: "hook-input") {
        $0.statements.contains(.compare(.icmpv6Type, .equal, 128))
      }
    },
    // Limits.
    Mutant("the /64 of the limiter's key is lost", in: HostScenarios.limitPerSource) { table in
      table.editStatements { statement in
        if case .dynamicSet(let operation, let key, let set, let element) = statement {
          statement = .dynamicSet(
            operation, Key(key.parts.map { Key.Part($0.field) }), set: set, element)
        }
      }
    },
    Mutant("the limiter fails open when its table is full", in: HostScenarios.fullTable) { table in
      table.editChains { chain in
        guard chain.name == "rule-web" else { return }
        for index in chain.rules.indices {
          guard let place = chain.rules[index].statements.firstIndex(where: \.isDynamicSet),
            case .dynamicSet(let operation, let key, let set, .limit(var limit)) =
              chain.rules[index].statements[place]
          else { continue }
          limit.isOver = true
          chain.rules[index].statements[place] = .dynamicSet(
            operation, key, set: set, .limit(limit))
          chain.rules[index].replace(.verdict(.accept), with: .verdict(.drop))
        }
        if let last = chain.rules.indices.last {
          chain.rules[last].replace(.verdict(.drop), with: .verdict(.accept))
        }
      }
    },
    Mutant("the limit is one more", in: HostScenarios.limitPerSource) { table in
      table.editStatements { statement in
        if case .dynamicSet(let operation, let key, let set, .limit(var limit)) = statement {
          limit.burst += 1
          statement = .dynamicSet(operation, key, set: set, .limit(limit))
        }
      }
    },
    Mutant("what is over the limit tries the next rule", in: HostScenarios.limitPerSource) {
      table in
      table.editRules(in: "rule-allow-ssh") { $0.replace(.verdict(.drop), with: .verdict(.accept)) }
    },
    Mutant("one connection more per source", in: HostScenarios.connections) { table in
      table.editStatements { statement in
        if case .dynamicSet(let operation, let key, let set, .connectionCount(let count)) =
          statement
        {
          statement = .dynamicSet(operation, key, set: set, .connectionCount(count + 1))
        }
      }
    },
    Mutant("connections are counted by address in IPv6", in: HostScenarios.connections) { table in
      table.editStatements { statement in
        if case .dynamicSet(let operation, let key, let set, let element) = statement {
          statement = .dynamicSet(
            operation, Key(key.parts.map { Key.Part($0.field) }), set: set, element)
        }
      }
    },
    // The order of decision.
    Mutant("essential ICMP stands after the invalid drop", in: RouterScenarios.pathMTU) { table in
      table.editChains { chain in
        guard chain.base != nil,
          let icmp = chain.rules.firstIndex(where: { $0.jumps(toPrefix: "essential-icmp") }),
          let invalid = chain.rules.firstIndex(where: {
            $0.statements.contains(.ctState([.invalid]))
          })
        else { return }
        chain.rules.swapAt(icmp, invalid)
      }
    },
    Mutant("the gate stands after the rules", in: RouterScenarios.edge) { table in
      table.editChains { chain in
        guard chain.name == "hook-forward",
          let gate = chain.rules.firstIndex(where: { $0.jumps(toPrefix: "gate-forward") }),
          let rules = chain.rules.firstIndex(where: { $0.jumps(toPrefix: "forward-from-zone") })
        else { return }
        chain.rules.swapAt(gate, rules)
      }
    },
    Mutant("established is not accepted", in: HostScenarios.mailServer) { table in
      table.editStatements { statement in
        if case .ctStateMap(let entries) = statement {
          statement = .ctStateMap(entries.filter { $0.state != .established })
        }
      }
    },
    Mutant("loopback is not accepted", in: HostScenarios.mailServer) { table in
      table.removeRules(in: "hook-input") {
        $0.statements.contains(
          .compareInterface(.inputInterface, isNegated: false, name: "lo", isWildcard: false))
      }
    },
    Mutant("related opens port 25", in: RouterScenarios.ftp) { table in
      table.editStatements { statement in
        if case .ctStateMap = statement {
          statement = .ctStateMap([
            ConntrackStateVerdict(.established, .accept), ConntrackStateVerdict(.related, .accept),
          ])
        }
      }
    },
    Mutant("a neighbour's hop limit is not looked at", in: HostScenarios.mailServer) { table in
      table.editChains { chain in
        for index in chain.rules.indices {
          chain.rules[index].statements.removeAll { $0 == .compare(.ipv6HopLimit, .equal, 255) }
        }
      }
    },
    // Dates.
    Mutant("a rule ends a second late", in: HostScenarios.expiry) { table in
      table.editStatements { statement in
        if case .compare(.time, let comparison, let seconds) = statement {
          statement = .compare(.time, comparison, seconds + 1)
        }
      }
    },
    Mutant("a rule ends a second early", in: HostScenarios.expiry) { table in
      table.editStatements { statement in
        if case .compare(.time, let comparison, let seconds) = statement {
          statement = .compare(.time, comparison, seconds - 1)
        }
      }
    },
    // Zones and addresses.
    Mutant("a wildcard zone is lost", in: RouterScenarios.edge) { table in
      table.removeRules(in: "forward-from-zone") { rule in
        rule.statements.contains {
          if case .compareInterface(_, _, _, isWildcard: true) = $0 { true } else { false }
        }
      }
    },
    Mutant("a wildcard lost its star", in: RouterScenarios.edge) { table in
      table.editStatements { statement in
        if case .compareInterface(let field, let isNegated, let name, isWildcard: true) = statement
        {
          statement = .compareInterface(field, isNegated: isNegated, name: name, isWildcard: false)
        }
      }
    },
    Mutant("the end of an interval is one too far", in: RouterScenarios.edge) { table in
      table.editElements { element in
        if case .range(let lower, let upper) = element.key.last, upper == 8010 {
          element.key[element.key.count - 1] = .range(lower, upper + 1)
        }
      }
    },
    Mutant("a prefix is one bit shorter", in: RouterScenarios.edge) { table in
      table.editStatements { statement in
        if case .comparePrefix(.ipv4Source, let isNegated, .ipv4(let address, 28)) = statement,
          address.bits >> 24 == 198
        {
          statement = .comparePrefix(
            .ipv4Source, isNegated: isNegated,
            .ipv4(IPv4Address(bits: address.bits & ~0x1f), length: 27))
        }
      }
    },
    Mutant("anti-spoofing lets everything pass", in: RouterScenarios.edge) { table in
      table.editRules(in: "spoof-clients") { $0.replace(.verdict(.drop), with: .verdict(.return)) }
    },
    Mutant("anti-spoofing cuts link-local", in: RouterScenarios.edge) { table in
      table.removeRules(in: "spoof-clients") { rule in
        rule.statements.contains { statement in
          if case .comparePrefix(.ipv6Source, _, .ipv6(_, 10)) = statement { true } else { false }
        }
      }
    },
    // Helpers, users, logs.
    Mutant("the helper is lost", in: RouterScenarios.ftp) { table in
      table.editChains { chain in
        chain.rules.removeAll { rule in
          rule.statements.contains { if case .setHelper = $0 { true } else { false } }
        }
      }
    },
    Mutant("the user is not looked at", in: HostScenarios.mailServer) { table in
      table.editRules(in: "gate-own-governed") { rule in
        rule.statements.removeAll { $0 == .compare(.socketUser, .equal, 89) }
      }
    },
    Mutant("the relay opens for any destination", in: HostScenarios.nullClient) { table in
      table.editRules(in: "gate-own-relays") { rule in
        rule.statements.removeAll {
          if case .comparePrefix = $0 { true } else { false }
        }
      }
    },
    Mutant("the log of a denial is lost", in: HostScenarios.logs) { table in
      table.editChains { chain in
        chain.rules.removeAll { rule in
          rule.statements.contains {
            if case .log(prefix: "fwpolicy/inbound/default/deny: ", _) = $0 { true } else { false }
          }
        }
      }
    },
    Mutant("a port beside the right one", in: HostScenarios.fragments) { table in
      table.editStatements { statement in
        if statement == .compare(.udpDestinationPort, .equal, 5000) {
          statement = .compare(.udpDestinationPort, .greaterOrEqual, 5000)
        }
      }
    },
  ]
}

@Suite(.serialized) struct MutantTests {
  @Test(arguments: Mutant.all)
  func isCaughtByPackets(_ mutant: Mutant) throws {
    var changed = false
    let complaints = try mutant.scenario.run { table in
      let before = table
      mutant.change(&table)
      changed = table != before
    }
    #expect(changed, "the edit found nothing to change")
    #expect(!complaints.isEmpty, "no packet noticed")
  }
}

// MARK: - Edits

extension Table {
  mutating func editChains(_ edit: (inout Chain) -> Void) {
    for index in chains.indices { edit(&chains[index]) }
  }

  mutating func editRules(in chain: String, _ edit: (inout Rule) -> Void) {
    editChains { candidate in
      guard candidate.name == chain else { return }
      for index in candidate.rules.indices { edit(&candidate.rules[index]) }
    }
  }

  mutating func removeRules(in chain: String, where isDoomed: (Rule) -> Bool) {
    editChains { if $0.name == chain { $0.rules.removeAll(where: isDoomed) } }
  }

  mutating func editStatements(_ edit: (inout Statement) -> Void) {
    editChains { chain in
      for rule in chain.rules.indices {
        for statement in chain.rules[rule].statements.indices {
          edit(&chain.rules[rule].statements[statement])
        }
      }
    }
  }

  mutating func editElements(_ edit: (inout Element) -> Void) {
    for index in sets.indices {
      guard case .tuples(var elements) = sets[index].elements else { continue }
      for element in elements.indices { edit(&elements[element]) }
      sets[index].elements = .tuples(elements)
    }
  }
}

extension Rule {
  mutating func replace(_ old: Statement, with new: Statement) {
    for index in statements.indices where statements[index] == old { statements[index] = new }
  }

  func jumps(toPrefix prefix: String) -> Bool {
    statements.contains {
      if case .verdict(.jump(let chain)) = $0 { chain.hasPrefix(prefix) } else { false }
    }
  }
}

extension Statement {
  var isDynamicSet: Bool { if case .dynamicSet = self { true } else { false } }
}
