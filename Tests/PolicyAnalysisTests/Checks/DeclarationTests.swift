import Compiler
import Diagnostics
import PolicyAnalysis
import Testing

@Suite struct DeclarationTests {
  /// A policy's text, and the words in it that nothing bears out.
  @Test(arguments: [
    ("zones: { c: { kind: containers, interfaces: [br0] } }", "router", ["containers"]),
    ("zones: { c: { kind: containers, interfaces: [br0] } }", "host", []),
    ("zones: { c: { kind: clients, interfaces: [eth1] } }", "host", []),
    (
      "zones: { c: { kind: clients, interfaces: [eth1], networks: [192.0.2.0/24] } }", "host", []
    ),
    ("zones: { c: { kind: management, interfaces: [eth1] } }", "host", []),
    ("networks: { p: { of: [192.0.2.0/24], class: dynamic } }", "host", []),
    ("networks: { p: { of: [192.0.2.0/24], class: hosting } }", "host", []),
    ("networks: { p: { of: [192.0.2.0/24], class: dynamic } }", "router", []),
    (
      "zones: { o: { kind: outside, interfaces: [eth0], networks: [192.0.2.0/24] } }\n"
        + "networks: { p: { of: [192.0.2.0/25], class: residential } }", "router", ["residential"]
    ),
    (
      "zones: { o: { kind: outside, interfaces: [eth0], networks: [192.0.2.0/25] } }\n"
        + "networks: { p: { of: [192.0.2.0/24], class: residential } }", "router", []
    ),
    (
      "zones: { o: { kind: outside, interfaces: [eth0], networks: [192.0.2.0/24] }, "
        + "l: { interfaces: [eth1] } }\n"
        + "networks: { p: { of: [192.0.2.0/25], class: residential } }", "router", []
    ),
  ])
  func kindsAndClassesThatNothingMatches(_ text: String, _ role: String, _ words: [String]) {
    let checked = CheckedPolicy(
      "fwpolicy: 1\nname: p\nrole: \(role)\n\(text)\ninbound: [{ allow: ssh, from: [192.0.2.1] }]\n",
      lints: true)
    #expect(checked.found.filter { $0.hasPrefix("FW512") } == words.map { "FW512 \($0)" })
  }

  @Test func everyDeclarationIsListedWhereItStands() {
    let checked = CheckedPolicy(
      """
      fwpolicy: 1
      name: p
      zones: { o: { kind: outside, interfaces: [eth0] } }
      networks: { p: { of: [192.0.2.0/24], class: business } }
      inbound:
        - { name: a, allow: [smtp, imaps], serves: [mx, imap], from: p }
      outbound:
        - { name: b, deny: telnet }
      """, lints: true)
    let listed = checked.compilation.declarations
    #expect(
      listed.map { "\($0.key.rawValue) \($0.word) \($0.subject)" } == [
        "kind outside zone `o`", "class business network `p`", "serves mx rule `a`",
        "serves imap rule `a`",
      ])
    #expect(
      listed.map { checked.text(at: .init($0.span)) } == ["outside", "business", "mx", "imap"])
    #expect(CheckedPolicy("fwpolicy: 1\nname: p\nzones: 3\n").compilation.declarations.isEmpty)
  }
}
