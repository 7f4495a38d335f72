import PolicyAnalysis
import TestSupport
import Testing

/// What a policy means is what the kernel does with the ruleset made of it: thousands of real
/// packets, at and beside every boundary that the policy draws.
///
/// More packets by `FWPOLICY_PACKETS`, others by `FWPOLICY_SEED`.
@Suite(.serialized) struct CompiledRulesetTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    var files: [String: String] = [:]
    var testDescription: String { name }
  }

  @Test(arguments: samples)
  func kernelDoesWhatThePolicySays(_ sample: Sample) throws {
    let subject = try PolicyUnderTest(sample.text, files: sample.files)
    let comparison = try KernelComparison(subject, label: sample.name)
    #expect(comparison.disagreements.isEmpty, "\(comparison.report)")
    #expect(comparison.steps.keys.contains(.rules))
  }

  /// The comparison itself must notice: one port more, one address less.
  @Test(arguments: [("tcp/443", "tcp/443-444"), ("192.0.2.0/28", "192.0.2.0-192.0.2.14")])
  func comparisonFindsASmallDifference(_ original: String, _ changed: String) throws {
    func text(_ port: String, _ network: String) -> String {
      """
      fwpolicy: 1
      name: small
      inbound:
        - { allow: \(port) }
        - { allow: ssh, from: \(network) }
      """
    }
    let policy = text("tcp/443", "192.0.2.0/28")
    let other = policy.replacing(original, with: changed)
    var subject = try PolicyUnderTest(policy)
    subject.table = try PolicyUnderTest(other).table
    let comparison = try KernelComparison(subject, label: "a small difference", count: 2000)
    #expect(!comparison.disagreements.isEmpty)
  }

  static let samples: [Sample] = [
    Sample(
      name: "mail host",
      text: """
        fwpolicy: 1
        name: mx1
        users: { postfix: 89 }
        networks:
          noc: [192.0.2.0/28, 2001:db8:10::/64]
        inbound:
          - { allow: smtp, serves: mx }
          - { allow: [submission, submissions], serves: msa, limit: 30/minute per source }
          - { allow: [imaps, https] }
          - { allow: ssh, from: noc, limit: 10/minute per source }
          - { reject: tcp/113 }
          - { allow: ping }
        smtp-egress:
          users: [postfix]
          allow: [{ to: [203.0.113.5, 203.0.113.6] }, { from: 192.0.2.254, to: "203.0.113.128/25" }]
        """),
    Sample(
      name: "closed host",
      text: """
        fwpolicy: 1
        name: closed
        users: { backup: 34, web: 33 }
        networks:
          peers: [203.0.113.10-203.0.113.20, "2001:db8:99::/64"]
        defaults: { outbound: deny, invalid: continue }
        zones:
          lan: { interfaces: [eth1, "vlan*"], networks: [198.51.100.0/25], anti-spoofing: networks }
          wan: { kind: outside, interfaces: [eth0], anti-spoofing: networks }
        inbound:
          - { deny: any, from: { zone: wan, network: peers } }
          - { allow: tcp/1-1023, from: { zone: lan, except: 198.51.100.7 } }
          - { reject: any, from: lan }
          - { allow: [gre, esp, ospf, igmp], from: peers }
          - { allow: [icmp/13, icmpv6/139, udp/500], limit: 5/second burst 100 }
        outbound:
          - { allow: any, user: backup, to: { zone: lan } }
          - { allow: dns, to: [192.0.2.53, "2001:db8:53::53"] }
          - { reject: [http, https], user: web }
          - { allow: [http, https], to: { except: peers } }
          - { deny: tcp/25 }
        """),
    Sample(
      name: "isp edge",
      text: """
        fwpolicy: 1
        name: yvr-edge
        role: router
        zones:
          internet: { kind: outside, interfaces: [eth0] }
          clients: { kind: clients, interfaces: ["bng*"], networks: [residential, business] }
          servers: { kind: servers, interfaces: [eth2], anti-spoofing: reverse-path, invalid: continue }
        networks:
          residential: { of: [198.51.100.128/25, 2001:db8:a::/48], class: residential }
          business: { of: [198.51.100.0/26, 2001:db8:b::/48], class: business }
          mail-relays: [192.0.2.25, 2001:db8:25::25]
          noc: [192.0.2.0/28]
        inbound:
          - { allow: [ssh, snmp], from: noc }
          - { allow: bgp, from: [192.0.2.129, 192.0.2.130] }
        forward:
          - from: clients
            to: internet
            rules:
              - { name: clients-out, allow: any }
          - { allow: [smtp, submission, submissions, imaps, pop3s], to: mail-relays }
          - { allow: [smtp, dns], from: mail-relays, to: internet }
          - { reject: tcp/139, from: servers }
        smtp-egress:
          clients: clients
          relays: mail-relays
          allow:
            - { from: 198.51.100.16/28, owner: acme, ticket: NET-4211, expires: 2099-06-30 }
            - { from: 198.51.100.20, to: 203.0.113.0/24 }
            - { from: 198.51.100.200, expires: 2020-01-01 }
            - { from: "2001:db8:b:1::/64" }
          action: reject
        """),
    Sample(
      name: "nested exceptions",
      text: """
        fwpolicy: 1
        name: nested
        role: router
        zones:
          internet: { kind: outside, interfaces: [eth0] }
          clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
        networks:
          halves: [198.51.100.0/25, 198.51.100.128/25, "2001:db8:b::/49", "2001:db8:b:8000::/49"]
          list: { file: list.txt }
          both: [halves, list]
        forward:
          - { allow: any, from: clients, to: internet }
        smtp-egress:
          clients: clients
          relays: 203.0.113.25
          allow:
            - { from: [198.51.100.0/24, "2001:db8:b::/48"], to: [203.0.113.0/26, "2001:db8:77::/64"] }
            - from: { network: both, except: [198.51.100.32/27, "2001:db8:b:4000::/52"] }
              to: [203.0.113.64/26, "2001:db8:78::/64"]
            - { from: [198.51.100.24/29, "2001:db8:b:8000::/52"], expires: 2020-01-01 }
            - { from: [198.51.100.48-198.51.100.77, "2001:db8:b:4800::/53"], to: 203.0.113.128/25 }
            - { from: [198.51.100.52/30, 198.51.100.128/26], expires: 2099-01-01 }
            - { from: 198.51.100.52/31, expires: 2098-01-01, to: 203.0.113.9 }
            - { from: { except: [198.51.100.0/24, "2001:db8:b::/48"] }, to: 203.0.113.10 }
        """,
      files: ["list.txt": "198.51.100.16/28\n198.51.100.64/28\n2001:db8:b:8800::/53\n"]),
    Sample(
      name: "container host",
      text: """
        fwpolicy: 1
        name: docker1
        zones:
          outside: { kind: outside, interfaces: [eth0] }
          pods: { kind: containers, interfaces: ["docker*", "br-*"], networks: [10.88.0.0/16] }
          exact: { kind: containers, interfaces: [docker1], anti-spoofing: off }
        inbound:
          - { allow: ssh }
          - { allow: dns, from: pods }
        forward:
          - { deny: any, from: pods, to: { zone: outside, network: [192.0.2.0/24, 10.0.0.0/8] } }
          - { reject: [https, icmp/8], from: outside, to: pods }
        smtp-egress:
          clients: pods
          relays: 192.0.2.25
          action: deny
        """),
  ]
}
