import Diagnostics

/// Puts the contents of all files together, in the order in which they count.
///
/// Rules of a section, and tests, stand behind each other. `defaults`, a section's `log` and `smtp-egress` are
/// given once: they have no place for an `override`, and a silent winner would surprise.
struct PolicyMerger {
  private var users = NameMerger<UserDeclaration>("a user")
  private var zones = NameMerger<ZoneDeclaration>("a zone")
  private var networks = NameMerger<NetworkDeclaration>("a network")
  private var services = NameMerger<ServiceDeclaration>("a service")
  private var ruleNames = NameMerger<Void>("a rule name")
  private var testNames = NameMerger<Void>("a test name")
  private var defaults = Defaults()
  private var sections: [PolicySection: RuleSection] = [:]
  private var smtpEgress: SMTPEgressDeclaration?
  private var gateAdditions: [GateAdditions] = []
  private var tests: [TestDeclaration] = []
  private var header = PolicyHeader()
  private var own: [Diagnostic] = []

  mutating func add(_ file: FileContent, isRoot: Bool) {
    if isRoot { header = file.header }
    for user in file.users { users.add(user, name: user.name, isOverride: nil) }
    for zone in file.zones {
      zones.add(zone.entry, name: zone.entry.name, isOverride: zone.isOverride)
    }
    for network in file.networks {
      networks.add(
        network.entry, name: network.entry.name, isOverride: network.isOverride,
        isBare: network.isBare)
    }
    for service in file.services {
      services.add(
        service.entry, name: service.entry.name, isOverride: service.isOverride,
        isBare: service.isBare)
    }
    addDefaults(file.defaults)
    for section in PolicySection.allCases {
      guard let found = file.sections[section] else { continue }
      addSection(found, section)
    }
    if let gate = file.smtpEgress {
      if let first = smtpEgress {
        refuse("`smtp-egress`", gate.keySpan, first.keySpan)
      } else {
        smtpEgress = gate
      }
    }
    if let additions = file.gateAdditions { gateAdditions.append(additions) }
    for test in file.tests {
      if let name = test.name { testNames.add((), name: name, isOverride: nil) }
    }
    tests += file.tests
  }

  private mutating func addSection(_ found: RuleSection, _ section: PolicySection) {
    for rule in found.rules {
      if let name = rule.name { ruleNames.add((), name: name, isOverride: nil) }
    }
    // In place: a policy may have a section for each of many instances of a template.
    sections[section, default: RuleSection()].rules += found.rules
    // The root comes last: its key is the one to point at.
    if let span = found.keySpan { sections[section]?.keySpan = span }
    guard let log = found.log else { return }
    if let first = sections[section]?.log {
      refuse("`log` of `\(section.rawValue)`", log.span, first.span)
    } else {
      sections[section]?.log = log
    }
  }

  private mutating func addDefaults(_ found: Defaults) {
    if let value = found.outbound {
      if let first = defaults.outbound { refuse("`outbound`", value.span, first.span) }
      defaults.outbound = defaults.outbound ?? value
    }
    if let value = found.invalid {
      if let first = defaults.invalid { refuse("`invalid`", value.span, first.span) }
      defaults.invalid = defaults.invalid ?? value
    }
    if let value = found.log {
      if let first = defaults.log { refuse("`log`", value.span, first.span) }
      defaults.log = defaults.log ?? value
    }
  }

  private mutating func refuse(_ what: String, _ span: SourceSpan, _ first: SourceSpan) {
    own.append(
      Diagnostic(
        .sameSetting, .error, "\(what) is given in one file", at: span,
        secondary: [.init(first, "first given here")], help: [.init("remove one of the two")]))
  }

  /// Gives what instances add to the gate that some file declares.
  mutating func finish() {
    addToGate()
    guard let count = smtpEgress?.count, count.value == .perSubnet, smtpEgress?.subnets == nil
    else { return }
    own.append(
      Diagnostic(
        .misplacedKey, .error, "`per-subnet` counts by the rows of `subnets`, which is missing",
        at: count.span,
        secondary: count.definition.map { [.init($0, "the value is written here")] } ?? [],
        help: [.init("add `subnets:`, or write `count: total`")]))
  }

  private mutating func addToGate() {
    guard let first = gateAdditions.first else { return }
    guard smtpEgress != nil else {
      own.append(
        Diagnostic(
          .missingKey, .error, "a template adds to the policy's `smtp-egress`: there is none",
          at: first.keySpan,
          help: [.init("add `smtp-egress: { clients: ZONE }` to the policy, not to the template")]))
      return
    }
    for additions in gateAdditions {
      smtpEgress?.allow += additions.allow
      guard let subnets = additions.subnets else { continue }
      if smtpEgress?.subnets == nil {
        smtpEgress?.subnets = subnets
      } else {
        smtpEgress?.subnets?.parts += subnets.parts
      }
    }
  }

  var diagnostics: [Diagnostic] {
    own + users.diagnostics + zones.diagnostics + networks.diagnostics + services.diagnostics
      + ruleNames.diagnostics + testNames.diagnostics
  }

  /// Nil without a root policy that has a name.
  func policy() -> Policy? {
    guard let name = header.name else { return nil }
    var policy = Policy(name: name, role: header.role ?? Located(.host, name.span))
    policy.description = header.description
    policy.owner = header.owner
    if let table = header.table { policy.table = table }
    if let priority = header.priority { policy.priority = priority }
    policy.users = users.entries
    policy.zones = zones.entries
    policy.networks = networks.entries
    policy.services = services.entries
    policy.defaults = defaults
    policy.inbound = sections[.inbound] ?? RuleSection()
    policy.forward = sections[.forward] ?? RuleSection()
    policy.outbound = sections[.outbound] ?? RuleSection()
    policy.smtpEgress = smtpEgress
    policy.tests = tests
    return policy
  }
}
