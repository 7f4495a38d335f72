import Diagnostics

/// What one file says, typed, before it is merged with the others.
struct FileContent {
  var header = PolicyHeader()
  var users: [UserDeclaration] = []
  var zones: [Overridable<ZoneDeclaration>] = []
  var networks: [Overridable<NetworkDeclaration>] = []
  var services: [Overridable<ServiceDeclaration>] = []
  var defaults = Defaults()
  var sections: [PolicySection: RuleSection] = [:]
  var smtpEgress: SMTPEgressDeclaration?
  /// What a template adds to the policy's gate.
  var gateAdditions: GateAdditions?
  var tests: [TestDeclaration] = []
  /// What stands before the rest of the file.
  var instances: [InstancesDeclaration] = []
}

/// The keys that say something about the policy as a whole.
struct PolicyHeader {
  var name: Located<String>?
  var description: Located<String>?
  var owner: Located<String>?
  var role: Located<Role>?
  var table: Located<String>?
  var priority: Located<Int>?
}

/// What a file is to the policy.
enum FileKind {
  case root
  case included
  case builtInServices
}

extension DecodingContext {
  private static let later: Set<String> = [
    "nat", "tracking", "clamp-mss", "offload",
  ]
  private static let headerKeys = ["name", "role", "table", "priority"]
  private static let policyKeys = KeyTable(
    what: "a policy",
    known: ["fwpolicy"] + headerKeys + [
      "description", "owner", "include", "variables", "users", "zones", "networks", "services",
      "defaults", "inbound", "forward", "outbound", "smtp-egress", "tests", "templates",
      "instances",
    ], later: later,
    synonyms: [
      "input": "inbound", "output": "outbound", "version": "fwpolicy", "includes": "include",
      "vars": "variables", "smtp_egress": "smtp-egress",
    ])
  private static let builtInKeys = KeyTable(
    what: "the file of built-in services",
    known: ["fwpolicy", "description", "services"])

  /// One file, its variables replaced.
  ///
  /// `name`, `role`, `table` and `priority` belong to the root policy: a file that is included by
  /// several machines must not rename them or change their meaning from afar. `description` and
  /// `owner` of an included file are about that file.
  mutating func file(_ node: SyntaxNode, _ kind: FileKind) -> FileContent {
    var content = FileContent()
    let table = kind == .builtInServices ? Self.builtInKeys : Self.policyKeys
    guard let entries = entries(node, table) else { return content }
    languageVersion(entries)
    if kind == .root {
      content.header = header(entries)
    } else {
      for key in Self.headerKeys {
        guard let pair = entries.pair(key) else { continue }
        report(
          .rootOnlyKey, "`\(key)` stands in the root policy, not in an included file",
          at: pair.key, help: [.init("remove it here")])
      }
    }
    let description = entries["description"].flatMap { text($0, "`description`") }
    let owner = entries["owner"].flatMap { text($0, "`owner`") }
    if kind == .root {
      content.header.description = description
      content.header.owner = owner
    }
    names(entries, isBuiltIn: kind == .builtInServices, into: &content)
    if let node = entries["defaults"] { content.defaults = defaults(node) }
    for section in PolicySection.allCases {
      guard let pair = entries.pair(section.rawValue) else { continue }
      content.sections[section] = self.section(pair, section)
    }
    if let pair = entries.pair("smtp-egress") { content.smtpEgress = smtpEgress(pair) }
    if let node = entries["tests"] { content.tests = tests(node) }
    if let node = entries["instances"] { content.instances = instances(node) }
    return content
  }

  /// One instance of a template: of its keys every one was known when it was declared.
  mutating func instance(_ node: SyntaxNode) -> FileContent {
    var content = FileContent()
    guard let entries = entries(node, Self.templateKeys) else { return content }
    names(entries, isBuiltIn: false, into: &content)
    for section in PolicySection.allCases {
      guard let pair = entries.pair(section.rawValue) else { continue }
      content.sections[section] = self.section(pair, section)
    }
    for (_, section) in content.sections {
      guard let log = section.log else { continue }
      diagnostics.append(
        Diagnostic(
          .misplacedKey, .error, "a template gives rules to a section, not the section's `log`",
          at: log.span, help: [.init("give `log` to the section in the policy, or to each rule")]))
    }
    if let pair = entries.pair("smtp-egress") { content.gateAdditions = gateAdditions(pair) }
    if let node = entries["tests"] { content.tests = tests(node) }
    return content
  }

  /// `users`, `zones`, `networks` and `services`.
  private mutating func names(
    _ entries: Entries, isBuiltIn: Bool, into content: inout FileContent
  ) {
    content.users = named(entries, "users").compactMap { user($0) }
    content.zones = named(entries, "zones").compactMap { zone($0) }
    content.networks = named(entries, "networks").compactMap { network($0) }
    content.services = named(entries, "services").compactMap {
      serviceEntry($0, isBuiltIn: isBuiltIn)
    }
  }

  private mutating func named(_ entries: Entries, _ key: String) -> [SyntaxPair] {
    entries[key].map { namedPairs($0, "`\(key)`", shape: Self.shapes[key]) } ?? []
  }

  private static let shapes = [
    "users": "users: { NAME: 89 }", "zones": "zones: { NAME: { interfaces: [eth0] } }",
    "networks": "networks: { NAME: [192.0.2.0/28] }", "services": "services: { NAME: tcp/8443 }",
  ]

  private mutating func languageVersion(_ entries: Entries) {
    guard entries.has("fwpolicy") else {
      if entries.hasUnusableKeys { return }
      let start = SourceSpan(
        file: entries.node.span.file, start: Int(entries.node.span.start),
        end: Int(entries.node.span.start))
      diagnostics.append(
        Diagnostic(
          .missingKey, .error, "a policy file says which language version it is written in",
          at: start,
          help: [.init("begin with `fwpolicy: 1`", replacing: start, with: "fwpolicy: 1\n")]))
      return
    }
    guard let node = entries["fwpolicy"], let found = text(node, "`fwpolicy`"), found.value != "1"
    else { return }
    report(
      .languageVersion, "version 1 is the only version of the language", at: node,
      help: [.init("write `1`", replacing: node.writtenSpan, with: "1")])
  }

  private mutating func header(_ entries: Entries) -> PolicyHeader {
    var header = PolicyHeader()
    header.name = entries["name"].flatMap { identifier($0, "the name of a policy") }
    if !entries.has("name"), !entries.hasUnusableKeys {
      let start = Int(entries.node.span.start)
      diagnostics.append(
        Diagnostic(
          .missingKey, .error, "a policy has a `name`",
          at: entries.pair("fwpolicy")?.key.span
            ?? SourceSpan(file: entries.node.span.file, start: start, end: start),
          help: [
            .init("write `name: NAME`: it stands in the compiled header and every report"),
            .init("or, where it is a part that policies include, give a policy that includes it"),
          ]))
    }
    header.role = entries["role"].flatMap { choice($0, "`role`") }
    header.table = entries["table"].flatMap { tableName($0) }
    header.priority = entries["priority"].flatMap { integer($0, "`priority`", in: -99...99) }
    return header
  }

  /// A name that nft's scanner reads as a plain string (scanner.l: `string`), words of its grammar
  /// that begin a declaration left out.
  private mutating func tableName(_ node: SyntaxNode) -> Located<String>? {
    guard let found = text(node, "`table`") else { return nil }
    guard Identifier.isValid(found.value), !Self.nftWords.contains(found.value) else {
      report(
        .invalidIdentifier, "`table` is a name that nft can read", at: node,
        notes: Self.nftWords.contains(found.value)
          ? ["`\(found.value)` is a word of nft's own language"] : [],
        help: [.init("use letters, digits, `_`, `.` and `-`, and begin with a letter")])
      return nil
    }
    return found
  }

  private static let nftWords: Set<String> = [
    "table", "tables", "chain", "chains", "rule", "rules", "set", "sets", "map", "maps", "element",
    "flowtable", "flowtables", "counter", "counters", "quota", "quotas", "limit", "limits",
    "secmark", "secmarks", "synproxy", "synproxys", "ct", "handle", "ruleset", "inet", "ip", "ip6",
    "arp", "bridge", "netdev", "add", "create", "insert", "replace", "delete", "destroy", "get",
    "list", "reset", "flush", "rename", "import", "export", "monitor", "describe", "include",
    "define", "redefine", "undefine", "accept", "drop", "reject", "continue", "jump", "goto",
    "return", "log", "queue", "mark", "meta", "type", "hook", "device", "devices", "priority",
    "policy", "comment", "flags", "timeout", "size", "tcp", "udp", "icmp", "icmpv6", "all", "last",
    "tunnel", "meter", "meters", "index", "typeof", "elements", "expires", "to", "from", "name",
  ]
}
