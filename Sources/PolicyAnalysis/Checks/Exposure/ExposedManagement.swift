import NetworkTypes

extension Check {
  static let exposedManagement = Check.exposure(
    "FW405", "exposed-management",
    ports: PortSet(
      tcp: IntervalSet<UInt16>(
        [
          (22, 22), (161, 161), (830, 830), (2375, 2376), (5666, 5666), (5900, 5999), (6443, 6443),
          (8291, 8291), (8728, 8728), (9100, 9100), (10050, 10050),
        ].map { .init($0.0, $0.1) }), udp: IntervalSet(623)),
    message: "management must not be open to the internet",
    summary: "management such as SSH, NETCONF, Docker, VNC and IPMI, open to the internet",
    explanation: """
      Who reaches the login of a machine may try every password and every flaw of its server, all day. A
      list of the places that administrators come from takes that away from everybody else at no cost:
      `from:` with the office's networks, a jump host or a tunnel.

      Keys instead of passwords are not seen from here; where they are the answer, a waiver says so.
      Known as management are TCP 22, 161, 830, 2375, 2376, 5666, 5900–5999, 6443, 8291, 8728, 9100 and
      10050, and UDP 623; other ports are not known, and UDP 161 is `udp-amplifier`'s. Source: CIS
      Benchmarks for Linux and network devices, access to management interfaces.
      """,
    help: [
      "name where administrators come from: `from: office`"
    ],
    example: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { allow: ssh }
      """,
    fixed: """
      fwpolicy: 1
      name: host1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { allow: ssh, from: office }
      """)
}
