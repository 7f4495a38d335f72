import Diagnostics
import PacketSpace
import PolicyLanguage

extension Check {
  static let idleWaiver = Check(
    "FW299", "idle-waiver",
    summary: "a waiver that silences nothing",
    explanation: """
      Nothing is found here that the waiver could silence: the cause is gone, or the waiver stands at
      the wrong place. Left alone it would silence a later mistake that nobody has looked at. A waiver
      silences what is found about the rule, zone, network, gate or exception that it stands in; one of
      a group of rules, what is found about any of them. A waiver of a check that was not asked (those
      that only `--all` lists) is left alone. As nothing is found there is no packet to show. Source:
      conventions of this program.
      """,
    example: """
      fwpolicy: 1
      name: web1
      inbound:
        - { allow: https, waive: { unreachable-rule: every port is covered above } }
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      inbound:
        - { allow: https }
      """,
    run: { context in
      let asked = context.askedChecks
      // One of a template silences something if it does so in any instance.
      let usedByInstances = Set(context.usedWaivers.compactMap(TemplatePlace.init))
      return context.writtenWaivers.filter { waiver in
        let name = waiver.check.value
        return Check.waivableNames.contains(name) && !context.usedWaivers.contains(waiver)
          && TemplatePlace(waiver).map { !usedByInstances.contains($0) } ?? true
          && (asked.contains(name) || ResolutionCodes.catalogue.contains { $0.name == name })
      }.map { waiver in
        Finding(
          "a waiver should silence something: `\(waiver.check.value)` finds nothing here",
          at: waiver.check.span,
          help: [.init("remove it, or move it to what it is about")])
      }
    }
  ).afterOthers()
}

/// Where a waiver stands in the text of a template, whatever the instance.
private struct TemplatePlace: Hashable {
  var check: String
  var start: UInt32
  var end: UInt32

  init?(_ waiver: Waiver) {
    guard waiver.check.span.file.isInstance else { return nil }
    check = waiver.check.value
    start = waiver.check.span.start
    end = waiver.check.span.end
  }
}
