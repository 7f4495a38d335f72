import Diagnostics
import Foundation
import NetworkTypes
import PolicyLanguage
import PolicyLibrary
import Testing

struct PolicyLibraryTests {
  /// What an including policy says around each baseline.
  static let wrappers: [String: String] = [
    "baselines/mail-host.yaml": """
    users: { postfix: 89 }
    variables: { admins: noc, mail-users: [postfix] }
    """,
    "baselines/web-host.yaml": """
    variables: { admins: noc, smarthosts: [192.0.2.25, "2001:db8::25"] }
    """,
    "baselines/container-host.yaml": """
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      containers: { kind: containers, interfaces: [docker0, "br-*"] }
    variables: { outside: internet, admins: noc, smarthosts: [192.0.2.25] }
    """,
    "baselines/resolver.yaml": """
    variables: { admins: noc, clients: [198.51.100.0/24, "2001:db8:a::/48"] }
    """,
    "baselines/isp-edge.yaml": """
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24] }
    variables: { relays: [192.0.2.25], peers: [192.0.2.129], admins: noc }
    """,
    "networks.yaml": "",
  ]

  @Test(arguments: PolicyLibrary.paths.filter { $0 != "services.yaml" })
  func everyFileCompilesWithoutAWord(path: String) throws {
    let wrapper = try #require(PolicyLibraryTests.wrappers[path], "no wrapper for \(path)")
    let policy = TextPolicy(
      "fwpolicy: 1\nname: wrapper\ninclude: [std/\(path)]\nnetworks: { noc: [192.0.2.0/28] }\n"
        + wrapper + "\n")
    let outcome = policy.resolved()
    #expect(outcome.findings == [])
    #expect(outcome.policy != nil)
  }

  @Test(arguments: PolicyLibrary.paths)
  func everyFileOpensWithItsPurposeAndItsLimits(path: String) {
    let text = String(decoding: PolicyLibrary.text(at: path) ?? [], as: UTF8.self)
    let header = text.range(of: "\nfwpolicy: 1").map { text[..<$0.lowerBound] } ?? ""
    for word in ["# Purpose:", "# Assumes:", "# Does not cover:"] {
      #expect(header.contains(word), "\(path) lacks \(word)")
    }
  }

  @Test
  func bogonsHoldWhatCannotComeFromTheInternet() {
    let outcome = TextPolicy("fwpolicy: 1\nname: n\ninclude: [std/networks.yaml]\n").resolved()
    let networks = outcome.policy?.networks ?? []
    let bogons = networks.first { $0.name.value == "bogons" }?.addresses ?? AddressSet()
    for name in ["documentation", "cgnat", "rfc1918", "unique-local", "loopback", "multicast"] {
      let part = networks.first { $0.name.value == name }?.addresses ?? .any
      #expect(part.isSubset(of: bogons), "\(name)")
    }
    #expect(!bogons.contains(IPv4Address(bits: 0x0808_0808)))
  }
}
