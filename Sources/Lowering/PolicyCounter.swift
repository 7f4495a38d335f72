/// What a counter of a policy counts.
package enum PolicyCounter: Hashable, Sendable {
  /// Sources that do not belong behind a zone's interfaces.
  case antiSpoofing(zone: String)
  /// What conntrack calls invalid; `section` is `inbound` or `forward`.
  case invalid(section: String)
  /// What the gate stops.
  case smtpEgress
  /// What a rule with `count: true` decides, or lets pass under its limit.
  case rule(String)
  /// What exceeds a rule's limit.
  case limitExcess(rule: String)
  /// What no rule of a section decides.
  case sectionDefault(section: String)

  /// The name of its object, before it is made unique.
  var hint: String {
    switch self {
    case .antiSpoofing(let zone): "spoof-\(zone)"
    case .invalid(let section): "invalid-\(section)"
    case .smtpEgress: "smtp-egress"
    case .rule(let name): "rule-\(name)"
    case .limitExcess(let rule): "over-\(rule)"
    case .sectionDefault(let section): "default-\(section)"
    }
  }
}
