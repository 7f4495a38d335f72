import Diagnostics
import NetworkTypes
import PolicyLanguage
import PolicyLibrary
import Testing

struct ServicesTests {
  private func rule(_ service: String) -> ResolvedRule? {
    let policy = TextPolicy(
      """
      fwpolicy: 1
      name: one
      inbound:
        - { allow: \(service) }

      """)
    let outcome = policy.resolved()
    #expect(outcome.findings == [])
    return outcome.policy?.inbound.rules.first
  }

  /// Every name that the language promises, and what it stands for.
  @Test(arguments: [
    ("http", "tcp/80"), ("https", "tcp/443"), ("http3", "udp/443"), ("ftp", "tcp/21"),
    ("ftps", "tcp/990"), ("smtp", "tcp/25"), ("submission", "tcp/587"),
    ("submissions", "tcp/465"), ("pop3", "tcp/110"), ("pop3s", "tcp/995"), ("imap", "tcp/143"),
    ("imaps", "tcp/993"), ("sieve", "tcp/4190"), ("dns", "[udp/53, tcp/53]"),
    ("dns-tls", "tcp/853"), ("dns-quic", "udp/853"), ("ssh", "tcp/22"), ("telnet", "tcp/23"),
    ("ping", "[icmp/8, icmpv6/128]"), ("traceroute", "udp/33434-33523"), ("ntp", "udp/123"),
    ("nts", "tcp/4460"), ("snmp", "udp/161"), ("syslog", "udp/514"), ("dhcp-server", "udp/67"),
    ("dhcp-client", "udp/68"), ("dhcpv6-server", "udp/547"), ("dhcpv6-client", "udp/546"),
    ("bgp", "tcp/179"), ("bfd", "udp/3784"), ("ospf", "proto/89"), ("vrrp", "proto/112"),
    ("igmp", "proto/2"), ("pim", "proto/103"), ("ldap", "tcp/389"), ("ldaps", "tcp/636"),
    ("mysql", "tcp/3306"), ("postgresql", "tcp/5432"), ("redis", "tcp/6379"),
    ("memcached", "tcp/11211"), ("mdns", "udp/5353"), ("ssdp", "udp/1900"),
    ("wireguard", "udp/51820"), ("ipsec", "[udp/500, udp/4500, proto/50]"),
    ("openvpn", "udp/1194"), ("l2tp", "udp/1701"), ("gre", "proto/47"), ("esp", "proto/50"),
    ("rdp", "tcp/3389"), ("smb", "tcp/445"), ("nfs", "tcp/2049"), ("socks", "tcp/1080"),
    ("squid", "tcp/3128"), ("sip", "[udp/5060, tcp/5060]"), ("rsync", "tcp/873"),
    ("git", "tcp/9418"), ("tftp", "udp/69"), ("radius", "udp/1812"),
    ("radius-coa", "udp/3799"), ("tacacs", "tcp/49"), ("netconf", "tcp/830"),
    ("zabbix-agent", "tcp/10050"), ("nrpe", "tcp/5666"), ("node-exporter", "tcp/9100"),
  ])
  func knowsTheServicesOfTheLanguage(name: String, literals: String) {
    let named = rule(name)
    #expect(named != nil)
    #expect(named?.service == rule(literals)?.service)
    #expect(rule(literals)?.helpers == [])
    let helper = ConntrackHelper(rawValue: name)
    #expect(named?.helpers.map(\.helper) == (helper.map { [$0] } ?? []))
  }

  @Test
  func describesEveryServiceAndItsSource() {
    let bytes = PolicyLibrary.text(at: "services.yaml") ?? []
    let source = ProvidedSource(name: "std/services.yaml", bytes: bytes)
    let files = ListedFiles(files: ["p.yaml": "fwpolicy: 1\nname: p\n"])
    let (staged, _) = parsePolicy("p.yaml", provider: files, builtInServices: source)
    let services = staged.value?.services ?? []
    #expect(services.count > 60)
    for service in services {
      #expect(service.description != nil, "\(service.name.value)")
      #expect(service.source != nil, "\(service.name.value)")
      #expect(service.isBuiltIn)
    }
  }
}
