import Foundation

/// A policy as an author might have written it, with everything that the language has: few enough
/// names, prefixes and services that rules meet.
///
/// Not every one is a policy: some say what the language refuses.
package struct RandomPolicyText: Sendable {
  package private(set) var files: [String: String] = [:]
  /// The keys that it uses, sections with a path: `inbound`, `rule.limit`, `smtp-egress.allow.from`.
  package private(set) var keys: Set<String> = []
  private var generator: SeededGenerator
  private var lines: [String] = []
  private let isRouter: Bool
  private let hasContainers: Bool
  private var zones: [String] = []
  private var networks: [String] = []
  private var dynamicNetworks: [String] = []
  private var ruleCount = 0

  /// The root policy.
  package var text: String { lines.joined(separator: "\n") + "\n" }

  package init(using generator: inout SeededGenerator) {
    self.generator = generator
    isRouter = Bool.random(using: &self.generator)
    hasContainers = isRouter ? false : Bool.random(using: &self.generator)
    build()
    generator = self.generator
  }

  // MARK: Chance

  private mutating func oneIn(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &generator) == 0 }
  private mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &generator)]
  }

  private mutating func use(_ key: String) -> String {
    keys.insert(key)
    return String(key.split(separator: ".").last ?? "")
  }

  // MARK: The file

  private mutating func build() {
    lines = ["\(use("fwpolicy")): 1", "\(use("name")): random"]
    if oneIn(2) { lines.append("\(use("description")): \"made up\"") }
    if oneIn(2) { lines.append("\(use("owner")): nobody") }
    lines.append("\(use("role")): \(isRouter ? "router" : "host")")
    if oneIn(3) { lines.append("\(use("table")): t\(Int.random(in: 1...9, using: &generator))") }
    if oneIn(3) { lines.append("\(use("priority")): \(Int.random(in: -5...5, using: &generator))") }
    include()
    if oneIn(2) {
      lines.append(
        "\(use("variables")): { web-port: \"8080\", trusted: [192.0.2.0/28, 2001:db8:10::/64] }")
    }
    lines.append("\(use("users")): { mta: 89, www: 33 }")
    buildZones()
    buildNetworks()
    services()
    defaults()
    section("inbound")
    if isRouter || hasContainers { section("forward") }
    section("outbound")
    if !oneIn(4) { gate() }
    if oneIn(2) { tests() }
  }

  private mutating func include() {
    guard oneIn(2) else { return }
    files["shared.yaml"] = """
      fwpolicy: 1
      services: { metrics: { of: tcp/9100, description: shared } }
      inbound:
        - { name: shared-ping, allow: ping }

      """
    lines.append("\(use("include")): [shared.yaml]")
    if oneIn(2) { keys.insert("service.override") }
  }

  private mutating func buildZones() {
    var found: [String] = []
    if hasContainers {
      found.append(
        "  inside: { \(use("zone.kind")): containers, \(use("zone.interfaces")): [\"br-*\"] }")
      zones.append("inside")
    }
    if isRouter {
      var clients =
        "  clients: { kind: \(pick(["clients", "clients", "tunnel"])), interfaces: [\"bng*\", bng7]"
      if !oneIn(4) { clients += ", \(use("zone.networks")): [pool]" }
      if oneIn(3) {
        clients +=
          ", \(use("zone.anti-spoofing")): \(pick(["networks", "reverse-path", "off", "[networks, reverse-path]"]))"
      }
      if oneIn(3) { clients += ", \(use("zone.invalid")): \(pick(["continue", "deny"]))" }
      found.append(clients + " }")
      var outside = "  internet: { kind: outside, interfaces: [eth0]"
      if oneIn(3) { outside += ", anti-spoofing: networks" }
      found.append(outside + " }")
      zones += ["clients", "internet"]
      if oneIn(2) {
        found.append(
          "  office: { kind: \(pick(["servers", "management"])), interfaces: [eth1, \"eth1.*\"] }")
        zones.append("office")
      }
    } else if oneIn(2) {
      found.append("  lan: { interfaces: [eth1, \"eth1*\"], networks: [noc] }")
      zones.append("lan")
    }
    if !found.isEmpty { lines += ["\(use("zones")):"] + found }
  }

  /// What rules, networks and rows speak of.
  package static let prefixes = [
    "192.0.2.0/24", "192.0.2.0/25", "192.0.2.128/25", "192.0.2.64/26", "198.51.100.0/24",
    "198.51.100.16/28", "198.51.100.7", "203.0.113.0/24", "2001:db8:10::/64", "2001:db8:10::/48",
    "2001:db8:a::/48", "2001:db8:a:7::/64", "2001:db8:a::7",
  ]

  private mutating func prefixList(_ count: ClosedRange<Int>) -> String {
    let number = Int.random(in: count, using: &generator)
    return (0..<number).map { _ in pick(Self.prefixes) }.joined(separator: ", ")
  }

  private mutating func buildNetworks() {
    lines.append("\(use("networks")):")
    lines.append("  noc: [\(prefixList(1...3))]")
    lines.append("  relays: [192.0.2.25, 2001:db8:10::25]")
    networks = ["noc", "relays"]
    files["pool.txt"] =
      "# pool\n198.51.100.0/24\n" + (oneIn(3) ? "" : "2001:db8:a::/48\n")
    var pool = "  pool: { \(use("network.file")): pool.txt"
    if oneIn(2) {
      pool += ", \(use("network.class")): \(pick(["residential", "dynamic", "business"]))"
    }
    if oneIn(2) { pool += ", \(use("network.at-least")): 1" }
    lines.append(pool + " }")
    networks.append("pool")
    if oneIn(2) {
      files["table.csv"] = "prefix,site\n203.0.113.0/25,a\n203.0.113.128/26,b\n2001:db8:10::/56,a\n"
      lines.append(
        "  site: { \(use("network.csv")): table.csv, \(use("network.column")): prefix, \(use("network.where")): { site: a } }"
      )
      networks.append("site")
    }
    if oneIn(2) {
      lines.append(
        "  mixed: { \(use("network.of")): [noc, 192.0.2.100-192.0.2.200, \(prefixList(1...2))] }")
      networks.append("mixed")
    }
    if oneIn(4) {
      lines.append("  nobody: { of: [], \(use("network.empty")): true }")
      networks.append("nobody")
    }
    for name in ["quarantine", "trusted"] where oneIn(4) {
      lines.append(
        "  \(name): { \(use("network.dynamic")): { \(use("dynamic.keep")): \(pick(["7d", "1h"])), \(use("dynamic.capacity")): \(pick(["16", "4096"])) } }"
      )
      dynamicNetworks.append(name)
    }
  }

  private mutating func services() {
    guard oneIn(2) else { return }
    lines.append(
      "\(use("services")): { app: [tcp/8000-8010, udp/8000], own-ssh: { \(use("service.of")): tcp/2222, \(use("service.description")): moved }, https: { of: [tcp/443, tcp/8443], \(use("service.override")): true } }"
    )
    ownServices = ["app", "own-ssh", "https"]
  }

  private var ownServices: [String] = []

  private mutating func defaults() {
    var parts: [String] = []
    if oneIn(3) { parts.append("\(use("defaults.outbound")): \(pick(["allow", "deny"]))") }
    if oneIn(3) { parts.append("\(use("defaults.invalid")): \(pick(["deny", "continue"]))") }
    if oneIn(3) { parts.append("\(use("defaults.log")): \(log())") }
    if !parts.isEmpty { lines.append("\(use("defaults")): { \(parts.joined(separator: ", ")) }") }
  }

  private mutating func log() -> String {
    pick([
      "true", "none", "\"mine: \"", "{ to: group 3, rate: 5/second }",
      "{ to: kernel, burst: 7, prefix: \"x: \" }",
    ])
  }

  // MARK: Rules

  private mutating func section(_ name: String) {
    let count = Int.random(in: 0...6, using: &generator)
    if count == 0 { return }
    lines.append("\(use(name)):")
    for _ in 0..<count {
      if oneIn(6) {
        lines.append("  - \(use("group.from")): \(endpoint(isHere: name == "outbound"))")
        lines.append("    \(use("group.rules")):")
        for _ in 0..<2 { lines.append("      - { \(rule(name, isGrouped: true)) }") }
      } else {
        lines.append("  - { \(rule(name, isGrouped: false)) }")
      }
    }
  }

  private static let builtIn = [
    "http", "https", "smtp", "submission", "submissions", "imaps", "dns", "ssh", "ping", "ntp",
    "snmp", "ftp", "tftp", "sip", "wireguard", "gre", "ospf", "traceroute", "bgp", "http3",
    "dhcp-server", "dhcpv6-client", "igmp", "mdns", "ipsec",
  ]
  private static let literals = [
    "tcp/25", "tcp/20-30", "udp/53", "udp/5000-5100", "icmp/echo-request", "icmpv6/128",
    "icmp/destination-unreachable", "proto/47", "tcp/1-65535", "sctp/25",
  ]

  private mutating func service() -> String {
    switch Int.random(in: 0...9, using: &generator) {
    case 0: return "any"
    case 1, 2: return pick(Self.literals)
    case 3, 4:
      let members = (0..<3).map { _ in oneIn(3) ? pick(Self.literals) : pick(Self.builtIn) }
      return "[\(members.joined(separator: ", "))]"
    case 5 where !ownServices.isEmpty: return pick(ownServices)
    default: return pick(Self.builtIn)
    }
  }

  /// An end; `isHere` where no zone can stand in it.
  private mutating func endpoint(isHere: Bool) -> String {
    let network = pick(networks)
    let zone = isHere || zones.isEmpty ? nil : pick(zones)
    if !dynamicNetworks.isEmpty, oneIn(5) {
      // Alone: what is filled at run time stands beside nothing else in a list.
      let dynamic = pick(dynamicNetworks)
      switch Int.random(in: 0...3, using: &generator) {
      case 0: return "{ except: \(dynamic) }"
      case 1 where zone != nil: return "{ zone: \(zone ?? ""), network: \(dynamic) }"
      case 2: return "{ network: \(network), except: [\(dynamic), \(pick(Self.prefixes))] }"
      default: return dynamic
      }
    }
    switch Int.random(in: 0...8, using: &generator) {
    case 0, 1: return network
    case 2: return pick(Self.prefixes)
    case 3: return "[\(network), \(pick(Self.prefixes))]"
    case 4: return "{ \(use("endpoint.except")): \(network) }"
    case 5 where zone != nil:
      return "{ \(use("endpoint.zone")): \(zone ?? ""), \(use("endpoint.network")): \(network) }"
    case 6 where zone != nil:
      return
        "{ zone: \(zone ?? ""), except: [\(network), { network: noc, except: 192.0.2.64/26 }] }"
    case 7: return pick(["ipv4", "ipv6", "private", "special-use", "any"])
    default: return zone ?? network
    }
  }

  private mutating func rule(_ section: String, isGrouped: Bool) -> String {
    ruleCount += 1
    let verdict = pick(["allow", "allow", "allow", "deny", "reject"])
    var parts: [String] = []
    if oneIn(2) { parts.append("\(use("rule.name")): rule-\(ruleCount)") }
    if section == "forward", hasContainers, oneIn(3) {
      parts.append("\(use("rule.\(verdict)")): any")
      parts.append("\(use("rule.published")): \(pick(["tcp/8443", "tcp/25", "[tcp/80, tcp/443]"]))")
    } else {
      parts.append("\(use("rule.\(verdict)")): \(service())")
    }
    if !isGrouped, oneIn(2) {
      parts.append("\(use("rule.from")): \(endpoint(isHere: section == "outbound"))")
    }
    if oneIn(2) { parts.append("\(use("rule.to")): \(endpoint(isHere: section == "inbound"))") }
    if section == "outbound", oneIn(3) {
      parts.append("\(use("rule.user")): \(pick(["mta", "[mta, www]", "1000"]))")
    }
    if verdict == "allow", oneIn(4) {
      parts.append(
        "\(use("rule.limit")): \(pick(["10/minute", "10/minute per source", "100/second burst 20", "3/hour burst 2 per source", "8 connections per source"]))"
      )
    }
    if verdict == "allow", oneIn(6) {
      parts.append("\(use("rule.serves")): \(pick(["mx", "[web, msa]"]))")
    }
    if oneIn(4) { parts.append("\(use("rule.log")): \(log())") }
    if oneIn(4) { parts.append("\(use("rule.count")): true") }
    if oneIn(5) { parts.append("\(use("rule.expires")): \(pick(["2020-01-01", "2090-01-01"]))") }
    if oneIn(6) {
      parts.append("\(use("rule.owner")): me, \(use("rule.ticket")): T-1, \(use("rule.note")): why")
    }
    if oneIn(8) { parts.append("\(use("rule.waive")): { unreachable-rule: made up }") }
    return parts.joined(separator: ", ")
  }

  // MARK: The gate and the tests

  private mutating func gate() {
    var parts: [String] = []
    if isRouter || hasContainers, !oneIn(4) {
      let zone = isRouter ? "clients" : "inside"
      parts.append("  \(use("smtp-egress.clients")): \(pick([zone, "[\(zone), pool]", "pool"]))")
    }
    if !oneIn(4) || parts.isEmpty { parts.append("  \(use("smtp-egress.relays")): relays") }
    if oneIn(2) {
      parts.append("  \(use("smtp-egress.users")): \(pick(["[mta]", "[]", "[mta, 1000]"]))")
    }
    if oneIn(2) { parts.append("  \(use("smtp-egress.action")): \(pick(["reject", "deny"]))") }
    if oneIn(3) { parts.append("  \(use("smtp-egress.log")): \(log())") }
    let rows = isRouter || hasContainers ? (oneIn(2) ? subnets() : []) : []
    if oneIn(3) || (!rows.isEmpty && oneIn(2)) {
      let counts =
        rows.isEmpty ? ["total", "none"] : ["total", "none", "per-subnet", "per-subnet"]
      let count = pick(counts)
      if count == "per-subnet" { keys.insert("smtp-egress.count.per-subnet") }
      parts.append("  \(use("smtp-egress.count")): \(count)")
    }
    if oneIn(3) {
      parts.append(
        "  \(use("smtp-egress.offenders")): { \(use("offenders.keep")): \(pick(["1d", "90s"])), \(use("offenders.capacity")): \(pick(["8", "65536"])) }"
      )
    }
    if oneIn(2) {
      parts.append("  \(use("smtp-egress.allow")):")
      let choices = [
        "198.51.100.16/28", "198.51.100.0/25", "198.51.100.7", "2001:db8:a:7::/64",
        "2001:db8:a::/49",
        "[198.51.100.64/27, 2001:db8:a:9::/64]",
      ].shuffled(using: &generator)
      for from in choices.prefix(Int.random(in: 1...3, using: &generator)) {
        var entry = "    - { \(use("smtp-egress.allow.from")): \(from)"
        if oneIn(3) {
          entry += ", \(use("smtp-egress.allow.to")): \(pick(["noc", "203.0.113.0/24", "ipv6"]))"
        }
        if oneIn(2) {
          entry += ", \(use("smtp-egress.allow.expires")): \(pick(["2020-01-01", "2090-01-01"]))"
        }
        if oneIn(2) {
          entry +=
            ", \(use("smtp-egress.allow.owner")): acme, \(use("smtp-egress.allow.ticket")): T-2"
        }
        parts.append(entry + " }")
      }
    }
    parts += rows
    lines += ["\(use("smtp-egress")):"] + parts
  }

  /// Rows whose prefixes are nobody else's, nested in each other and in those of `allow`.
  private mutating func subnets() -> [String] {
    let prefixes = [
      "198.51.100.0/24", "198.51.100.32/28", "198.51.100.18", "198.51.100.9", "198.51.100.128/26",
      "2001:db8:a::/48", "2001:db8:a:7:1::/80", "2001:db8:a:9::25",
    ].shuffled(using: &generator).prefix(Int.random(in: 1...6, using: &generator))
    let rows = prefixes.enumerated().map { index, prefix in
      [
        prefix, "row-\(index)", pick(["blocked", "relays-only", "allowed"]),
        pick(["", "", "2020-01-01", "2090-01-01"]),
      ]
    }
    if oneIn(2) {
      files["subnets.csv"] =
        "prefix,name,smtp,expires\r\n"
        + rows.map { $0.joined(separator: ",") + "\r\n" }.joined()
      return ["  \(use("smtp-egress.subnets")): { \(use("subnets.file")): subnets.csv }"]
    }
    return ["  \(use("smtp-egress.subnets")):"]
      + rows.map { row in
        "    - { \(use("subnets.prefix")): \"\(row[0])\", \(use("subnets.name")): \(row[1]), "
          + "\(use("subnets.smtp")): \(row[2])"
          + (row[3].isEmpty ? "" : ", \(use("subnets.expires")): \(row[3])") + " }"
      }
  }

  private mutating func tests() {
    lines.append("\(use("tests")):")
    lines.append(
      "  - { \(use("test.expect")): allow, \(use("test.to")): self, \(use("test.service")): \(service()) }"
    )
  }
}

extension RandomPolicyText {
  /// Every key that one or another of them uses.
  package static let allKeys: Set<String> = {
    var generator = SeededGenerator(label: "keys")
    var keys: Set<String> = []
    for _ in 0..<2000 { keys.formUnion(RandomPolicyText(using: &generator).keys) }
    return keys
  }()
}
