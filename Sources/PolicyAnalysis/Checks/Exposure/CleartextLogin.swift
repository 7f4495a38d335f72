import NetworkTypes

extension Check {
  static let cleartextLogin = Check.exposure(
    "FW407", "cleartext-login",
    ports: PortSet(tcp: [21, 23, 512, 513, 514]),
    message: "passwords must not cross the internet in clear",
    summary: "telnet, FTP, rlogin and their like, open to the internet",
    explanation: """
      Telnet (23), FTP (21), rexec, rlogin and rsh (512–514) send what is typed, passwords too, for
      everyone on the way to read; FTP with TLS begins on the same port and needs a helper that then
      sees nothing. SSH and HTTPS do the same jobs. Telnet is also what botnets of small devices spread
      by.

      It sees ports, not passwords: an FTP server for anonymous downloads has none to lose, and a waiver
      says so. Sources: RFC 2577 for FTP; CERT advisories on Mirai for telnet.
      """,
    help: [
      "offer SSH, SFTP or HTTPS in its place",
      "or name who may reach it: `from: office`",
    ],
    example: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { name: old-console, allow: tcp/23 }
      """,
    fixed: """
      fwpolicy: 1
      name: host1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: old-console, allow: tcp/23, from: office }
      """)
}
