import Compiler
import Diagnostics
import PolicyLanguage
import Testing

@Suite struct UnusedNamesTests {
  private func router(_ zones: String, _ rest: String = "") -> [String] {
    CheckedPolicy(
      """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        lan: { interfaces: ["lan*"] }
        \(zones)
      forward:
        - { allow: any, from: lan }
      \(rest)
      """
    ).found
  }

  @Test func zoneThatMeansNothingIsUnused() {
    #expect(router("spare: { interfaces: [eth7] }") == ["FW206 spare"])
  }

  @Test(arguments: [
    // Named.
    ("spare: { interfaces: [eth7] }", "inbound: [{ allow: ssh, from: spare }]"),
    ("spare: { interfaces: [eth7] }", "smtp-egress: { clients: [lan, spare] }"),
    // It says or does something by itself.
    ("spare: { kind: outside, interfaces: [eth7] }", ""),
    ("spare: { kind: servers, interfaces: [eth7] }", ""),
    ("spare: { interfaces: [eth7], networks: [192.0.2.0/24], anti-spoofing: networks }", ""),
    ("spare: { interfaces: [eth7], anti-spoofing: reverse-path }", ""),
    ("spare: { interfaces: [eth7], invalid: continue }", ""),
    // It keeps lan7 out of `lan`.
    ("spare: { interfaces: [lan7] }", ""),
    ("spare: { interfaces: [\"lan7*\"] }", ""),
    ("spare: { interfaces: [eth7], waive: { unused-zone: for later } }", ""),
  ])
  func zoneThatDoesSomethingIsUsed(_ zone: String, _ rest: String) {
    #expect(router(zone, rest) == [])
  }

  private func host(_ text: String, files: [String: String] = [:]) -> [String] {
    CheckedPolicy("fwpolicy: 1\nname: host\n" + text + "\n", files: files).found
  }

  @Test func networkThatNothingNamesIsUnused() {
    #expect(
      host("networks: { a: [192.0.2.1], b: [a] }\ninbound: [{ allow: ssh, from: 192.0.2.2 }]")
        == ["FW207 b"])
  }

  @Test(arguments: [
    "networks: { a: [192.0.2.1], b: [a] }\ninbound: [{ allow: ssh, from: b }]",
    "networks: { a: [192.0.2.1] }\ninbound: [{ allow: ssh, from: { except: a } }]",
    "networks: { a: [192.0.2.1] }\nsmtp-egress: { relays: a }",
    "networks: { a: [192.0.2.1] }\nzones: { z: { interfaces: [eth0], networks: a, anti-spoofing: networks } }",
    "networks: { a: { of: [192.0.2.1], waive: { unused-network: for later } } }",
  ])
  func networkThatIsNamedIsUsed(_ text: String) { #expect(host(text) == []) }

  @Test func serviceThatNothingNamesIsUnused() {
    #expect(host("services: { x: tcp/1, y: x }") == ["FW208 y"])
    #expect(host("services: { x: tcp/1 }\ninbound: [{ allow: x }]") == [])
    #expect(host("services: { ike: { of: udp/500, override: true } }") == [], "`ipsec` names it")
  }

  @Test func variableThatNothingRefersToIsUnused() {
    #expect(host("variables: { x: ssh, y: \"${x}\" }") == ["FW209 y"])
    #expect(host("variables: { x: ssh }\ninbound: [{ allow: \"${x}\" }]") == [])
    #expect(
      host(
        "include: [more.yaml]\nvariables: { x: ssh }",
        files: ["more.yaml": "fwpolicy: 1\ninbound: [{ allow: \"${x}\" }]\n"]) == [])
  }

  @Test func settingIsNoUse() {
    let checked = CheckedPolicy(
      "fwpolicy: 1\nname: host\nvariables: { x: ssh }\n",
      overrides: VariableOverrides(valuesFiles: [], settings: [("x", "https")]))
    #expect(checked.found == ["FW209 x"])
  }

  @Test func whatOthersIncludeMayLieIdle() {
    #expect(
      host(
        "include: [more.yaml]",
        files: [
          "more.yaml":
            "fwpolicy: 1\nnetworks: { a: [192.0.2.1] }\nservices: { x: tcp/1 }\nvariables: { v: y }\n"
            + "zones: { z: { interfaces: [eth0] } }\n"
        ]) == [])
  }
}
