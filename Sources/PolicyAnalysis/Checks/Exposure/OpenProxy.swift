import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let openProxy = Check(
    "FW401", "open-proxy", .error,
    summary: "the ports of proxies open to the internet",
    explanation: """
      A proxy that works for strangers is used by them: for spam, for logins with stolen passwords,
      and for whatever should be traced to somebody else. TCP 1080, 3128, 8118 and 9050 are those of
      SOCKS, Squid, Privoxy and Tor; a rule that opens them is an error, and where it says `serves:
      proxy` still a warning, for the word does not say for whom. 8080 and 8888 are proxies' as often
      as web servers': a warning unless the rule says `serves: web`.

      It sees ports, not whether the server asks for a password, and no proxy on another port.
      Sources: CGI.br on open proxies (antispam.br); the open-service reports of national CERTs.
      """,
    example: """
      fwpolicy: 1
      name: proxy1
      role: host
      inbound:
        - { name: squid, allow: tcp/3128 }
      """,
    fixed: """
      fwpolicy: 1
      name: proxy1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: squid, allow: tcp/3128, from: office }
      """,
    run: { context in
      let sure = PortSet(tcp: [1080, 3128, 8118, 9050])
      let maybe = PortSet(tcp: [8080, 8888])
      return try context.exposures(of: sure.union(maybe), unlessServing: [.web]).compactMap {
        exposure in
        let declared = context.believedPorts(of: [.proxy], at: exposure.place)
        let proxies = exposure.ports.intersection(sure)
        if !proxies.isEmpty {
          return try context.finding(
            "a proxy must not be open to the internet", exposure, of: "open-proxy",
            severity: proxies.subtracting(declared).isEmpty ? .warning : .error,
            help: ["name who may use it: `from: office`"])
        }
        if exposure.ports.subtracting(declared).isEmpty { return nil }
        return try context.finding(
          "a port that proxies use must be said to be a web server's", exposure, of: "open-proxy",
          severity: .warning,
          help: [
            "if a web server answers there: `serves: web`",
            "or name who may use it: `from: office`",
          ])
      }
    })
}
