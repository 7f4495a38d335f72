import Compiler
import Diagnostics
import Foundation
import PolicyAnalysis
import PolicyLanguage
import Testing

@Suite struct ProfileTests {
  /// A policy's text, the profiles that it shows, and why.
  @Test(arguments: [
    ("inbound: [{ allow: smtp, serves: mx }]", ["mail-host"], "it serves an MX"),
    ("inbound: [{ allow: submission }]", ["mail-host"], "a port of mail, nothing said"),
    ("inbound: [{ allow: any }]", ["mail-host", "web-host"], "every port is open"),
    ("inbound: [{ allow: https, serves: web }]", ["web-host"], "it serves the web"),
    ("inbound: [{ deny: smtp }, { allow: http }]", ["web-host"], "what is denied shows nothing"),
    ("smtp-egress: { relays: [192.0.2.25] }", ["mail-host"], "its own mail is governed"),
    ("zones: { c: { kind: containers, interfaces: [docker0] } }", ["web-host"], "containers"),
    ("inbound: [{ allow: ssh }]", ["isp-edge", "mail-host", "web-host"], "it shows none"),
    (
      "role: router\nzones: { c: { kind: clients, interfaces: [eth1] } }", ["isp-edge"],
      "a router with clients"
    ),
    (
      "role: router\nnetworks: { p: { of: [192.0.2.0/24], class: dynamic } }", ["isp-edge"],
      "a router with a pool"
    ),
    (
      "role: router\nforward: [{ allow: smtp, serves: mx, to: [192.0.2.25] }]", ["mail-host"],
      "a router before a mail server, no clients"
    ),
    (
      "role: router\nnetworks: { p: { of: [192.0.2.0/24], class: business } }",
      ["isp-edge", "mail-host", "web-host"], "business addresses are no clients"
    ),
  ])
  func derived(_ text: String, _ profiles: [String], _ why: String) throws {
    let checked = CheckedPolicy("fwpolicy: 1\nname: p\n\(text)\n", lints: true)
    let policy = try #require(checked.compilation.policy)
    #expect(CheckProfile.derived(from: policy).sorted().map(\.rawValue) == profiles, "\(why)")
  }

  @Test(arguments: LintCase.all)
  func profilesLoseNoErrorAndDerivationNothing(_ lint: LintCase) throws {
    let compilation = try lint.compilation()
    func found(_ choice: ProfileChoice) -> [Diagnostic] {
      var checked = compilation
      checked.runChecks(
        CheckOptions(
          listsAll: true, asOf: Timestamp(seconds: 1_798_761_600), profile: choice))
      return checked.diagnostics
    }
    let all = found(.all)
    #expect(found(.derived) == all)
    let errors = all.filter { $0.severity == .error }
    for profile in CheckProfile.allCases {
      let some = found(.only(profile))
      #expect(some.filter { $0.severity == .error } == errors)
      #expect(some.allSatisfy { all.contains($0) }, "\(profile)")
    }
    let known = Set(Check.registry.filter(\.findsErrors).map(\.code))
    #expect(Set(errors.map(\.code)).isSubset(of: known), "\(errors.map(\.code))")
  }

  /// Examples are what the checks are known to find.
  @Test(arguments: Check.registry.map(\.name))
  func exampleIsFoundByEveryProfileOfItsCheckAndByDefault(_ name: String) throws {
    let check = try #require(Check.registry.first { $0.name == name })
    var choices: [ProfileChoice] = [.derived, .all]
    let own = check.profiles.isEmpty ? Set(CheckProfile.allCases) : check.profiles
    choices += own.map { .only($0) }
    for choice in choices {
      #expect(codes(of: check.example, choice).contains(check.code.code), "\(choice)")
    }
    for profile in CheckProfile.allCases where !own.contains(profile) {
      #expect(
        codes(of: check.example, .only(profile)).contains(check.code.code) == check.findsErrors)
    }
  }

  private func codes(of text: String, _ choice: ProfileChoice) -> [String] {
    var compilation = CheckedPolicy(text).compilation
    compilation.diagnostics = []
    compilation.runChecks(
      CheckOptions(listsAll: true, asOf: Timestamp(seconds: 1_798_761_600), profile: choice))
    return compilation.diagnostics.map(\.code.code)
  }
}

extension LintCase {
  func compilation() throws -> Compilation {
    let path = folder.appending(path: "policy.yaml").path
    return compile(path, provider: try FileSystemProvider(policy: path), proves: false)
  }
}
