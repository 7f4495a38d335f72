import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let udpAmplifier = Check(
    "FW403", "udp-amplifier", .error,
    summary: "services over UDP that turn small forged questions into floods, open to the internet",
    explanation: """
      These services answer one small datagram with many or large ones, and to whatever source it
      carries: QOTD 17, chargen 19, TFTP 69, portmap 111, NetBIOS 137, SNMP 161, CLDAP 389, RIP 520,
      SSDP 1900, mDNS 5353, memcached 11211, Quake 27960. With a forged source the victim is flooded,
      6 to 50,000 times what the attacker sends. NTP, 123, is safe where `monlist` and its like are
      refused: a warning; a server of the public pool says so in a waiver.

      It sees ports, not what answers. Sources: US-CERT TA14-017A; RFC 5358 for the same of DNS, which
      `open-resolver` looks at.
      """,
    example: """
      fwpolicy: 1
      name: monitored
      role: host
      inbound:
        - { name: monitoring, allow: udp/161 }
      """,
    fixed: """
      fwpolicy: 1
      name: monitored
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: monitoring, allow: udp/161, from: office }
      """,
    run: { context in
      let flooding = PortSet(udp: [17, 19, 69, 111, 137, 161, 389, 520, 1900, 5353, 11211, 27960])
      let help = ["name who may ask: `from: office`"]
      let errors = try context.exposures(of: flooding)
      let warnings = try context.exposures(of: PortSet(udp: [123])).filter { exposure in
        !errors.contains { $0.place == exposure.place }
      }
      return try errors.map {
        try context.finding(
          "an amplifier must not answer the internet", $0, of: "udp-amplifier", help: help)
      }
        + warnings.map {
          try context.finding(
            "a time server must not amplify for the internet", $0, of: "udp-amplifier",
            severity: .warning,
            help: help + ["or refuse mode 6 and 7 queries in the server, and say so in the waiver"])
        }
    })
}
