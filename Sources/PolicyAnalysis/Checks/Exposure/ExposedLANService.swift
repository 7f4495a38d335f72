import NetworkTypes

extension Check {
  static let exposedLANService = Check.exposure(
    "FW404", "exposed-lan-service",
    ports: PortSet(
      tcp: [111, 135, 136, 137, 138, 139, 445, 1433, 1434, 2049, 3389, 4786],
      udp: [135, 136, 138, 139, 1434, 2049, 3389]),
    message: "a service for a local network must not be open to the internet",
    summary: "file sharing, remote desktops and the like, open to the internet",
    explanation: """
      NetBIOS and SMB (135–139, 445), RPC and NFS (111, 2049), MS SQL (1433, 1434), RDP (3389) and
      Cisco's Smart Install (TCP 4786) are made for networks whose hosts trust each other. Open to
      strangers they are what worms and ransomware look for first, so that access providers shut them
      for all customers.

      It sees ports, not what listens: another service on such a port wants a waiver with its reason.
      UDP 111 and 137 are `udp-amplifier`'s; 445, 1433 and 4786 count over TCP only. Sources: the port
      tables of Cox and Bell MTS; CERT.at on Shadowserver's scans.
      """,
    help: [
      "name who may reach it: `from: office`",
      "or put it behind a tunnel",
    ],
    example: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { name: shares, allow: tcp/445 }
      """,
    fixed: """
      fwpolicy: 1
      name: host1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: shares, allow: tcp/445, from: office }
      """)
}
