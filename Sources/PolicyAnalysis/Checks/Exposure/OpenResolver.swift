import NetworkTypes

extension Check {
  static let openResolver = Check.exposure(
    "FW402", "open-resolver",
    ports: PortSet(tcp: [53], udp: [53]),
    unlessServing: [.authoritativeDNS],
    message: "a resolver must not answer the internet",
    summary:
      "name service open to the internet by a rule that does not say it serves a zone's own names",
    explanation: """
      A resolver that answers strangers is an amplifier: a question of 60 bytes with a forged source
      returns 28 to 54 times as much to the victim. Only a server of its own zones is meant for
      everybody; `serves: authoritative-dns` says so, and a report shows the word as asserted.

      Port 853 is left out: TCP and QUIC make sure of the source before they answer at length (RFC 9000
      §8.1). What answers behind the port is not seen: an authoritative server that also recurses for
      everybody is as open. Sources: RFC 5358 (BCP 140) §4; US-CERT TA14-017A.
      """,
    help: [
      "name who may ask: `from: office`",
      "or, where it answers for its own zones only: `serves: authoritative-dns`",
    ],
    example: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { name: resolver, allow: [udp/53, tcp/53] }
      """,
    fixed: """
      fwpolicy: 1
      name: host1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: resolver, allow: [udp/53, tcp/53], from: office }
      """)
}
