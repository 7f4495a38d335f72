import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let silentDenials = Check(
    "FW504", "silent-denials",
    summary: "denied traffic that is logged nowhere",
    explanation: """
      What a firewall refuses is the first sign of a scan, an infected host or a rule that is missing,
      and here nobody is told: `log: none`. Every default deny logs unless it is told not to, at a
      bounded rate, so that a flood does not fill the disk.

      Denials that a rule of its own makes silent on purpose, for noise that is known, are not counted,
      and who reads the log is not seen. Sources: CIS Benchmarks, logging of denied packets; RFC 2979
      §2.
      """,
    example: """
      fwpolicy: 1
      name: quiet
      role: host
      inbound:
        log: none
        rules:
          - { allow: ping }
      """,
    fixed: """
      fwpolicy: 1
      name: quiet
      role: host
      inbound:
        rules:
          - { allow: ping }
      """,
    run: { context in
      let policy = context.policy
      var silent: [(PolicySection, SourceSpan?)] = []
      if policy.inbound.defaultLog == nil { silent.append((.inbound, policy.inbound.keySpan)) }
      if let forward = policy.forward, forward.defaultLog == nil, policy.role == .router {
        silent.append((.forward, forward.keySpan))
      }
      if policy.outboundDefault == .deny, policy.outbound.defaultLog == nil {
        silent.append((.outbound, policy.outbound.keySpan))
      }
      var findings = try silent.map { section, span in
        Finding(
          "denied traffic must be logged somewhere: the default of `\(section.rawValue)` is silent",
          at: span ?? context.written.defaults.log?.span ?? policy.nameSpan,
          notes: [try context.exampleOfDenial(in: section)],
          help: [Diagnostic.Help("take `log: none` away; the log is bounded by itself")])
      }
      if policy.antiSpoofingLog == nil, policy.zones.contains(where: { !$0.antiSpoofing.isEmpty }) {
        findings.append(
          Finding(
            "denied traffic must be logged somewhere: forged sources are dropped in silence",
            at: context.written.defaults.log?.span ?? policy.nameSpan,
            notes: [try context.exampleOfForgery()],
            help: [Diagnostic.Help("take `log: none` away; the log is bounded by itself")]))
      }
      return findings
    })
}

extension CheckContext {
  /// A packet that a section's default denies.
  fileprivate func exampleOfDenial(in section: PolicySection) throws(PacketSpaceError) -> String? {
    let all = try traffic(on: section.path, from: endpoint(), to: endpoint(), .any)
    return example(of: try packets(of: all) { $0.step == .sectionDefault && $0.verdict != .accept })
  }

  /// A packet that anti-spoofing drops.
  fileprivate func exampleOfForgery() throws(PacketSpaceError) -> String? {
    var selection = TrafficSelection(
      on: policy.forward == nil ? .inbound : .forward, from: endpoint(), to: endpoint())
    selection.isSpoofed = true
    return example(of: try packets(of: try packets(of: selection)) { $0.step == .antiSpoofing })
  }
}
