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
}
