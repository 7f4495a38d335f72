import NetworkTypes
import PolicyLanguage

/// The words of `serves`, and the ports that a rule with one is expected to open.
package enum ServedRole: String, Hashable, Sendable, CaseIterable {
  case mx
  case msa
  case imap
  case pop3
  case web
  case authoritativeDNS = "authoritative-dns"
  case recursiveDNS = "recursive-dns"
  case proxy
  case ntp
  case ssh

  package var ports: PortSet {
    switch self {
    case .mx: PortSet(tcp: [25])
    case .msa: PortSet(tcp: [465, 587])
    case .imap: PortSet(tcp: [143, 993])
    case .pop3: PortSet(tcp: [110, 995])
    case .web: PortSet(tcp: [80, 443, 8080, 8443, 8888], udp: [443])
    case .authoritativeDNS, .recursiveDNS: PortSet(tcp: [53, 853], udp: [53, 853])
    case .proxy: PortSet(tcp: [1080, 3128, 8080, 8118, 8888, 9050])
    case .ntp: PortSet(tcp: [4460], udp: [123])
    case .ssh: PortSet(tcp: [22])
    }
  }

  /// Ports of the word that say nothing alone: a server of keys for NTP is none of time.
  var sidePorts: PortSet {
    switch self {
    case .ntp: PortSet(tcp: [4460], udp: [])
    case .mx, .msa, .imap, .pop3, .web, .authoritativeDNS, .recursiveDNS, .proxy, .ssh:
      PortSet(tcp: [], udp: [])
    }
  }
}

extension CheckContext {
  /// What a rule matches by ports, those that were dialled where it is about these.
  func ports(of place: RulePlace) -> PortSet {
    let rule = rule(at: place)
    return PortSet(of: rule.published ?? rule.service)
  }

  /// The ports for which a rule's word for one of some roles is believed.
  ///
  /// The word's own, where the rule opens them by themselves or among a few neighbours. Out of a range
  /// that is far wider than any service, none: the author was not speaking of that port.
  func believedPorts(of roles: Set<ServedRole>, at place: RulePlace) -> PortSet {
    let words = roles.filter { rule(at: place).serves.contains($0.rawValue) }
    let named = ports(of: place).withoutWideRanges
    return words.reduce(PortSet(tcp: [], udp: [])) { $0.union($1.ports.intersection(named)) }
  }
}

extension PortSet {
  /// A range is wide from so many ports on.
  static let widePorts = 1025
  /// So many of the ports below 1024 are as wide: each has a service of its own (RFC 6335 §6).
  static let wideSystemPorts = 65

  /// What is left where no range is wide.
  var withoutWideRanges: PortSet {
    func narrow(_ ports: IntervalSet<UInt16>) -> IntervalSet<UInt16> {
      IntervalSet(
        ports.intervals.filter { range in
          let system = Int(min(range.upper, 1023)) - Int(range.lower) + 1
          return Int(range.upper) - Int(range.lower) + 1 < Self.widePorts
            && system < Self.wideSystemPorts
        })
    }
    return PortSet(tcp: narrow(tcp), udp: narrow(udp))
  }
}
