import NetworkTypes
package import PolicyLanguage

/// What a machine is there for, as far as checks are concerned.
///
/// A profile chooses among warnings and notes only: a check that can find an error is asked of every
/// policy.
package enum CheckProfile: String, Sendable, CaseIterable, Comparable {
  case mailHost = "mail-host"
  case ispEdge = "isp-edge"
  case webHost = "web-host"

  package static func < (a: CheckProfile, b: CheckProfile) -> Bool { a.rawValue < b.rawValue }
}

/// Which profiles' checks are asked of a policy.
package enum ProfileChoice: Hashable, Sendable {
  /// Those that the policy shows by its role, declarations and ports: `CheckProfile.derived(from:)`.
  case derived
  case all
  case only(CheckProfile)
}

extension CheckProfile {
  /// The profiles that a policy shows; all of them where it shows none.
  ///
  /// What is left out could find nothing in the policy, so that this choice loses no finding.
  /// docs/LANGUAGE.md, "Profiles", has the rule in words.
  package static func derived(from policy: ResolvedPolicy) -> Set<CheckProfile> {
    var profiles: Set<CheckProfile> = []
    let opened = (policy.inbound.rules + (policy.forward?.rules ?? [])).filter {
      $0.verdict == .allow
    }
    func opens(_ ports: PortSet, serving roles: Set<String>) -> Bool {
      opened.contains { rule in
        !roles.isDisjoint(with: rule.serves)
          || !PortSet(of: rule.published ?? rule.service).intersection(ports).isEmpty
      }
    }
    let hasGate = policy.smtpEgress != nil
    if opens(.mail, serving: ["mx", "msa", "imap", "pop3"]) || hasGate && policy.role == .host {
      profiles.insert(.mailHost)
    }
    let hasClients =
      policy.zones.contains { $0.kind == .clients }
      || policy.networks.contains { $0.networkClass?.isOfClients ?? false }
    if policy.role == .router && (hasClients || hasGate) { profiles.insert(.ispEdge) }
    let hasContainers = policy.zones.contains { $0.kind == .containers }
    if policy.role == .host && (hasContainers || opens(.web, serving: ["web"])) {
      profiles.insert(.webHost)
    }
    return profiles.isEmpty ? Set(allCases) : profiles
  }
}

extension ProfileChoice {
  /// The profiles that it means for a policy.
  package func profiles(of policy: ResolvedPolicy) -> Set<CheckProfile> {
    switch self {
    case .derived: CheckProfile.derived(from: policy)
    case .all: Set(CheckProfile.allCases)
    case .only(let profile): [profile]
    }
  }

  /// Whether a check is asked where these profiles hold.
  package static func asks(_ check: Check, in profiles: Set<CheckProfile>) -> Bool {
    check.findsErrors || check.profiles.isEmpty || !check.profiles.isDisjoint(with: profiles)
  }
}

extension NetworkClass {
  /// Whether its addresses are of clients, whom checks of mail look at.
  var isOfClients: Bool {
    switch self {
    case .residential, .dynamic: true
    case .business, .hosting, .infrastructure: false
    }
  }
}

extension PortSet {
  fileprivate static let mail = PortSet(tcp: [25, 110, 143, 465, 587, 993, 995, 4190])
  fileprivate static let web = PortSet(tcp: [80, 443, 8080, 8443, 8888], udp: [443])
}
