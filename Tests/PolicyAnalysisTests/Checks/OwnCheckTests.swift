import Compiler
import Diagnostics
import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import Testing

/// A check as others are written: a question about what the policy does, whatever rule does it.
@Suite struct OwnCheckTests {
  /// Finds a proxy that is open to the outside zone.
  private static let openProxy = Check(
    "FW499", "open-proxy", summary: "an open proxy", explanation: "", example: "", fixed: "",
    run: { context in
      let outside = context.policy.zones.indices.filter {
        context.policy.zones[$0].kind == .outside
      }
      let selection = TrafficSelection(
        on: .inbound, from: context.endpoint(in: ZoneSet(zones: outside, others: false)),
        to: context.endpoint(), service: .port(.tcp, 3128))
      let open = try context.packets(of: context.packets(of: selection)) { $0.verdict == .accept }
      let openers = try context.decisions(about: open).compactMap(\.decider?.name)
      return openers.compactMap { context.place(ofRule: $0) }.map { place in
        Finding(
          "the world should not reach a proxy", at: context.span(ofRule: place),
          notes: [context.example(of: open)], waivers: context.waivers(of: place))
      }
    })

  private func found(_ rules: String) throws -> [Diagnostic] {
    let compilation = CheckedPolicy(
      """
      fwpolicy: 1
      name: proxy
      zones: { internet: { kind: outside, interfaces: [eth0] } }
      inbound:
        - { name: no-guests, deny: any, from: 203.0.113.0/24 }
        - \(rules)
      """
    ).compilation
    let policy = try #require(compilation.policy)
    let written = try #require(compilation.written)
    return runChecks([Self.openProxy], on: policy, written: written).diagnostics
  }

  @Test func asksWhatThePolicyDoes() throws {
    let found = try found("{ name: all, allow: tcp/1024-65535, from: internet }")
    #expect(found.map(\.code.code) == ["FW499"])
    #expect(
      found.first?.notes
        == ["for example inbound in eth0: tcp 198.51.100.7:40000 -> 192.0.2.10:3128 (new)"])
    #expect(try self.found("{ allow: https, from: internet }").isEmpty)
    #expect(try self.found("{ allow: any, from: 203.0.113.7 }").isEmpty, "denied before")
  }

  @Test func isWaivedByItsName() throws {
    #expect(try found("{ allow: any, waive: { open-proxy: a honeypot } }").isEmpty)
  }

  @Test func emptyTestIsFoundWithoutRunningIt() {
    let checked = CheckedPolicy(
      """
      fwpolicy: 1
      name: host
      inbound:
        - { allow: ssh, from: 192.0.2.0/24 }
      tests:
        - { expect: allow, to: { zone: self, network: 2001:db8::1 }, from: 192.0.2.1, service: ssh }
        - { expect: deny, to: self, from: 192.0.2.1, service: ssh }
      """)
    #expect(checked.codes == ["FW132"])
  }
}
