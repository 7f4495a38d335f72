import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

/// Rules that send a packet on by the zone of an interface, the most exact pattern first.
///
/// Exact names share one verdict map; nft has no wildcard elements, so each `prefix*` is a rule of
/// its own, the longest first.
struct ZoneDispatch {
  /// One interface pattern and where its packets go.
  private struct Entry {
    let pattern: InterfacePattern
    let verdict: Verdict
  }

  private let field: Field
  private let exact: [Entry]
  private let wildcards: [Entry]
  private let others: Verdict

  /// - Parameters:
  ///   - verdicts: one for each zone of the policy, all of them ends (`goto`, `return`, `accept`).
  ///   - others: what becomes of interfaces of no zone.
  init(zones: [ResolvedZone], field: Field, verdicts: [Verdict], others: Verdict) {
    self.field = field
    self.others = others
    var exact: [Entry] = []
    var wildcards: [Entry] = []
    for (zone, verdict) in zip(zones, verdicts) {
      for pattern in zone.interfaces {
        let entry = Entry(pattern: pattern.value, verdict: verdict)
        if pattern.value.isWildcard { wildcards.append(entry) } else { exact.append(entry) }
      }
    }
    wildcards.sort {
      ($1.pattern.stem.utf8.count, $0.pattern.stem) < ($0.pattern.stem.utf8.count, $1.pattern.stem)
    }
    // The loopback is in no zone, whatever a wildcard says.
    if wildcards.contains(where: { $0.pattern.matches("lo") }) {
      exact.append(
        Entry(pattern: InterfacePattern(stem: "lo", isWildcard: false), verdict: others))
    }
    exact.sort { $0.pattern.stem < $1.pattern.stem }
    // What the broader patterns behind it would answer anyway needs no entry.
    self.exact = exact.filter { entry in
      let behind = wildcards.first { $0.pattern.matches(entry.pattern.stem) }?.verdict ?? others
      return behind != entry.verdict
    }
    var kept: [Entry] = []
    for entry in wildcards.reversed() {
      let behind =
        kept.last { $0.pattern.matches(entry.pattern.stem) }?.verdict ?? others
      if behind != entry.verdict { kept.append(entry) }
    }
    self.wildcards = kept.reversed()
  }

  /// Whether every interface goes the same way.
  var isTrivial: Bool { exact.isEmpty && wildcards.isEmpty }

  /// The rules; the last one is the verdict for interfaces of no zone, left out where it is `return`.
  func rules(in builder: inout TableBuilder, named hint: String, at span: SourceSpan) -> [Rule] {
    var rules: [Rule] = []
    if let only = exact.first, exact.count == 1 {
      rules.append(
        builder.rule(
          [
            .compareInterface(
              field, isNegated: false, name: only.pattern.stem, isWildcard: false),
            .verdict(only.verdict),
          ], at: span))
    } else if !exact.isEmpty {
      let map = builder.verdictMap(
        hint, key: [.interfaceName], isInterval: false,
        exact.map { Element([.interface($0.pattern.stem)], $0.verdict) }, at: span)
      rules.append(builder.rule([.verdictMap(Key(field), map: map)], at: span))
    }
    for entry in wildcards {
      rules.append(
        builder.rule(
          [
            .compareInterface(
              field, isNegated: false, name: entry.pattern.stem, isWildcard: true),
            .verdict(entry.verdict),
          ], at: span))
    }
    if others != .return { rules.append(builder.rule([.verdict(others)], at: span)) }
    return rules
  }
}
