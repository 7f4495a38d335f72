/// Policies that several tests read.
enum PolicyExamples {
  /// Every key of the language that this version has.
  static let everything = """
    # A router with all that can be said.
    fwpolicy: 1
    name: yvr-edge
    description: the edge
    owner: "network team"
    role: router
    table: edge
    priority: -10
    variables:
      noc: [192.0.2.0/28, "${backup}"]
      backup: 192.0.2.128/28
      uplink: eth0
      rate: 10/minute
    users: { postfix: 89, root: 0 }
    zones:
      internet: { kind: outside, interfaces: ["${uplink}"], invalid: continue }
      clients:
        kind: clients
        interfaces: ["bng*", "${uplink}.7"]
        networks: [residential, business]
        anti-spoofing: [networks, reverse-path]
        waive: { wide-zone: it is }
    networks:
      residential: { file: lists/residential.txt, class: residential, at-least: 10 }
      business: { of: [198.51.100.0/24, 2001:db8:b::/48], class: business, empty: false }
      shops: { csv: inventory.csv, column: prefix, where: { pool: shop, state: [on, live] } }
      noc: "${noc}"
    services:
      app: [tcp/8080, udp/5000-5100]
      mail: { of: [smtp, submission], description: all mail, source: RFC 6409 }
    defaults:
      outbound: deny
      invalid: deny
      inbound: deny
      log: { to: group 5, rate: 10/second, burst: 20, prefix: "fw " }
    inbound:
      log: none
      rules:
        - { allow: ssh, from: noc, limit: "${rate} burst 3 per source", count: true }
        - { deny: any, from: { zone: internet, except: noc }, log: true }
    forward:
      - from: clients
        to: internet
        owner: sales
        rules:
          - { name: clients-out, allow: any, note: "as sold" }
          - { reject: telnet, log: "telnet " }
      - allow: [app, [http, https]]
        published: tcp/8443
        serves: [web, proxy]
        expires: 2027-06-30
        ticket: "#42"
        waive: { world-open-port: it is a shop }
    outbound:
      - { allow: smtp, user: [postfix, 0] }
      - { allow: dns, limit: 20 connections per source }
    smtp-egress:
      clients: clients
      relays: [192.0.2.25]
      allow:
        - { from: 198.51.100.16/28, owner: acme, ticket: NET-4211, expires: 2027-06-30 }
      users: []
      action: reject
      log: { rate: 5/minute }
      count: total
      waive: { some-check: reason }
    """
}
