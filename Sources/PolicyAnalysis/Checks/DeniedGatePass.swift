import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let deniedGatePass = Check(
    "FW205", "denied-gate-pass",
    summary: "a part of `smtp-egress` that lets mail pass which no rule then allows",
    explanation: """
      The gate only takes away: what its relays, users and exceptions let pass goes on to the section's
      rules and needs an `allow` there. Here none of it has one, so that mail which the policy means to
      let out is stopped, by a later rule or by the default.

      Forwarded mail is looked at where the gate has `clients`, this machine's own where it has none, and
      that of `users` in any case. If any packet of the part is allowed, nothing is said: relays of which
      only the IPv4 addresses are reachable are not noticed. Source: order of decision, steps 6 to 8.
      """,
    example: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24] }
      forward:
        - { allow: [https, submission, submissions, ping], from: clients, to: internet }
      smtp-egress:
        clients: clients
        relays: [192.0.2.25]
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24] }
      forward:
        - { allow: smtp, from: clients, to: [192.0.2.25] }
        - { allow: [https, submission, submissions, ping], from: clients, to: internet }
      smtp-egress:
        clients: clients
        relays: [192.0.2.25]
      """,
    run: { context in
      guard let gate = context.policy.smtpEgress else { return [] }
      let sections: [PolicySection] = [.forward, .outbound]
      return try sections.flatMap { section in
        try context.deniedPasses(in: section).filter {
          $0.kind == .users || gate.governsForward == (section == .forward)
        }.map { try context.finding(deniedPass: $0, in: section) }
      }
    })
}

extension CheckContext {
  /// The parts of the gate all of whose packets are denied in a section.
  fileprivate func deniedPasses(
    in section: PolicySection
  ) throws(PacketSpaceError) -> [Decision.Decider] {
    var denied: Set<Decision.Decider> = []
    var allowed: Set<Decision.Decider> = []
    for decision in try decisions(about: try packets(of: section)) {
      guard let pass = decision.gatePass else { continue }
      if decision.verdict == .accept { allowed.insert(pass) } else { denied.insert(pass) }
    }
    return denied.subtracting(allowed).sorted { $0.span.start < $1.span.start }
  }

  /// The possible packets of a section.
  private func packets(of section: PolicySection) throws(PacketSpaceError) -> PacketSet {
    try arena.intersection(
      try arena.set(.path, IntervalSet<UInt32>(section.path.value.rawValue)), possible)
  }

  fileprivate func finding(
    deniedPass pass: Decision.Decider, in section: PolicySection
  ) throws(PacketSpaceError) -> Finding {
    let denied = try packets(of: try packets(of: section)) { $0.gatePass == pass }
    let deciders = Set(try decisions(about: denied).compactMap(\.decider))
      .sorted { $0.span.start < $1.span.start }
    let gate = written.smtpEgress
    let entry = gate?.allow.first { $0.span == pass.span }
    let what =
      switch pass.kind {
      case .users: "these users"
      case .relays: "the relays"
      case .subnet, .subnets: "its `allowed` rows"
      default: "this exception"
      }
    var keys = ""
    if pass.kind == .users {
      keys = ", user: [\(gate?.users?.value.map(\.value).joined(separator: ", ") ?? "")]"
    } else if pass.kind == .relays {
      keys = gate?.relays.map { ", to: \($0.text)" } ?? ""
    } else if pass.kind != .subnets {
      // Own mail has no `from`.
      if section == .forward { keys += entry?.from.map { ", from: \($0.text)" } ?? "" }
      keys += entry?.to.map { ", to: \($0.text)" } ?? ""
    }
    let rules = deciders.prefix(8).compactMap { decider in
      place(ofRule: decider.name).map {
        Diagnostic.Label(span(ofRule: $0), "its mail is \(rule(at: $0).verdict.participle) here")
      }
    }
    let before =
      deciders.first { $0.kind == .rule }.map { ", before `\($0.name)`" } ?? ""
    return Finding(
      "what `smtp-egress` lets pass needs an `allow` in `\(section.rawValue)`: \(what) have none"
        .replacing("exception have", with: "exception has"),
      at: pass.span, secondary: rules,
      notes: [
        example(of: denied),
        rules.isEmpty ? "the default of `\(section.rawValue)` denies it" : nil,
      ],
      help: [
        Diagnostic.Help("add to `\(section.rawValue)`\(before): `- { allow: smtp\(keys) }`"),
        Diagnostic.Help("or remove it from the gate"),
      ],
      waivers: (entry?.waivers ?? [])
        + (pass.kind == .subnets ? subnetWaivers : gate?.waivers ?? []))
  }
}
