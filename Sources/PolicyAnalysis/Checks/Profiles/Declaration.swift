package import Diagnostics
package import PolicyLanguage

/// Something that a policy says of itself and nothing can verify, which checks believe.
package struct Declaration: Hashable, Sendable {
  package enum Key: String, Sendable, CaseIterable {
    case serves
    case kind
    case networkClass = "class"
  }

  package var key: Key
  /// `mx`, `outside`, `residential`.
  package var word: String
  /// What it is said of: "rule `smtp`", "zone `internet`", "network `pool`".
  package var subject: String
  /// Where the word stands.
  package var span: SourceSpan

  /// Every declaration of a policy, zones, networks, rules, each in the order of the text.
  ///
  /// - Parameter policy: resolved from `written`; it knows the names of rules.
  package static func all(in written: Policy, _ policy: ResolvedPolicy) -> [Declaration] {
    let kinds = written.zones.compactMap { zone in
      zone.kind.map {
        Declaration(
          key: .kind, word: $0.value.rawValue, subject: "zone `\(zone.name.value)`", span: $0.span)
      }
    }
    let classes = written.networks.compactMap { network in
      network.networkClass.map {
        Declaration(
          key: .networkClass, word: $0.value.rawValue,
          subject: "network `\(network.name.value)`", span: $0.span)
      }
    }
    let sections = [
      (written.inbound, policy.inbound), (written.forward, policy.forward ?? ResolvedSection()),
      (written.outbound, policy.outbound),
    ]
    let served = sections.flatMap { declared, resolved in
      zip(declared.rules, resolved.rules).flatMap { declaration, rule in
        declaration.serves.map {
          Declaration(
            key: .serves, word: $0.value, subject: "rule `\(rule.name)`", span: $0.span)
        }
      }
    }
    return kinds + classes + served
  }
}
