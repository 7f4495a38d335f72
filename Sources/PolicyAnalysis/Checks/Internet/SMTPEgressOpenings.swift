import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

/// Rules by which clients may open TCP 25 to the internet, and over which families their zone may.
struct SMTPEgressOpening {
  var place: RulePlace
  var clients: ClientGroup
  /// Over which the rule lets them.
  var families: [AddressFamily]
  /// Whether their zone is open over both, by whatever rules.
  var isBoth: Bool
  var example: String?
}

extension CheckContext {
  /// One for each rule, the worst of its zones.
  ///
  /// What the gate lets pass by relay or exception is not counted.
  func smtpEgressOpenings() throws(PacketSpaceError) -> [SMTPEgressOpening] {
    if let knownSMTPEgressOpenings { return knownSMTPEgressOpenings }
    var found: [RulePlace: SMTPEgressOpening] = [:]
    for clients in clientGroups {
      let mail = try traffic(
        on: .forward, from: clients.from, to: strangers, .port(.tcp, 25))
      var families: [RulePlace: [AddressFamily]] = [:]
      for family in AddressFamily.allCases {
        for place in try acceptingRules(
          of: try only(family, of: mail), where: { $0.gatePass == nil })
        {
          families[place, default: []].append(family)
        }
      }
      let isBoth = Set(families.values.joined()).count > 1
      for (place, open) in families where found[place]?.isBoth != true {
        let set = try only(open.last ?? .ipv4, of: mail)
        found[place] = SMTPEgressOpening(
          place: place, clients: clients, families: open, isBoth: isBoth,
          example: try example(of: set, acceptedBy: place))
      }
    }
    let openings = found.values.sorted { $0.place < $1.place }
    knownSMTPEgressOpenings = openings
    return openings
  }

  func finding(
    _ opening: SMTPEgressOpening, of name: String, _ message: String
  ) -> Finding {
    let gate = policy.smtpEgress
    let rule = rule(at: opening.place)
    return Finding(
      message, at: span(ofRule: opening.place), label: "lets them",
      secondary: gate.map { [Diagnostic.Label($0.keySpan, "does not stop this")] } ?? [],
      notes: [opening.example],
      help: [
        Diagnostic.Help(adviceToGovern(opening.clients.name)),
        Diagnostic.Help("or say why it is meant: `waive: { \(name): \"…\" }`"),
      ], waivers: rule.waivers)
  }
}
