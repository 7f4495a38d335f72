import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let unknownWaiver = Check(
    "FW298", "unknown-waiver",
    summary: "a waiver for a check that there is not",
    explanation: """
      `waive` silences a warning by the name of its check. A name that no check has silences nothing:
      mostly it is misspelt, or of another program. `fwpolicy list checks` prints the names. What was
      meant to be silenced is not seen, and as a name is at fault no packet shows it. Source:
      conventions of this program.
      """,
    example: """
      fwpolicy: 1
      name: web1
      inbound:
        - { allow: https, waive: { unreachable-rul: every port is covered below } }
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      inbound:
        - { allow: https }
      """,
    run: { context in
      let known = Check.waivableNames
      return context.writtenWaivers.filter { !known.contains($0.check.value) }.map { waiver in
        let near = nearestName(to: waiver.check.value, in: known.sorted())
        return Finding(
          "no check is named `\(waiver.check.value)`", at: waiver.check.span,
          help: [
            near.map {
              .init("did you mean `\($0)`?", replacing: waiver.check.span, with: $0)
            } ?? .init("`fwpolicy list checks` prints the names; remove the waiver")
          ])
      }
    }
  ).afterOthers()
}

extension CheckContext {
  /// Every waiver, one of a group of rules once.
  var writtenWaivers: [Waiver] {
    let rules = [written.inbound, written.forward, written.outbound].flatMap(\.rules)
    let gate = written.smtpEgress
    let all =
      written.zones.flatMap(\.waivers) + written.networks.flatMap(\.waivers)
      + rules.flatMap(\.waivers) + (gate?.waivers ?? [])
      + (gate?.allow ?? []).flatMap(\.waivers) + (gate?.subnets?.parts ?? []).flatMap(\.waivers)
    var seen: Set<Waiver> = []
    return all.filter { seen.insert($0).inserted }
  }
}
