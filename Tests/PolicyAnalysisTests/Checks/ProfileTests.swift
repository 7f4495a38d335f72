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
  func derivationLosesNothing(_ lint: LintCase) throws {
    let derived = try lint.diagnostics(.derived)
    let all = try lint.diagnostics(.all)
    #expect(derived == all)
  }

  @Test(arguments: LintCase.all)
  func aProfileLosesNoErrorAndAddsNothing(_ lint: LintCase) throws {
    let all = try lint.diagnostics(.all)
    for profile in CheckProfile.allCases {
      let found = try lint.diagnostics(.only(profile))
      #expect(found.filter { $0.severity == .error } == all.filter { $0.severity == .error })
      // What is asked of others only may be waived in vain: an idle waiver is told by who asks.
      #expect(found.allSatisfy { all.contains($0) }, "\(profile)")
    }
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

  @Test func onlyChecksThatFindErrorsAreKnownToFindThem() throws {
    var found: Set<String> = []
    for lint in LintCase.all {
      for diagnostic in try lint.diagnostics(.all) where diagnostic.severity == .error {
        found.insert(diagnostic.code.code)
      }
    }
    let known = Set(Check.registry.filter(\.findsErrors).map(\.code.code))
    #expect(found.isSubset(of: known), "\(found.subtracting(known))")
    #expect(known.contains("FW201"), "an unreachable rule that others oppose is an error")
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
  /// Everything that is said of it as of the first day of 2027.
  func diagnostics(_ profile: ProfileChoice) throws -> [Diagnostic] {
    let path = folder.appending(path: "policy.yaml").path
    var compilation = compile(path, provider: try FileSystemProvider(policy: path), proves: false)
    compilation.runChecks(
      CheckOptions(listsAll: true, asOf: Timestamp(seconds: 1_798_761_600), profile: profile))
    return compilation.diagnostics
  }
}
