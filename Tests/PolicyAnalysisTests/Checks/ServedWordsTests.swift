import Compiler
import Diagnostics
import Testing

/// What a word of `serves` silences, and on which rules it is believed.
@Suite struct ServedWordsTests {
  private func findings(_ rules: String...) -> [String] {
    CheckedPolicy(
      "fwpolicy: 1\nname: h\ninbound:\n"
        + rules.map { "  - { name: r, \($0) }\n" }.joined(), all: true, lints: true
    ).codes
  }

  /// A rule with a word, the check that the word answers, whether it is asked nevertheless, and whether
  /// the word is said not to match.
  @Test(arguments: [
    ("allow: smtp, serves: mx", "FW310", false, false, "the word's own port"),
    ("allow: tcp/20-30, serves: mx", "FW310", false, false, "among a few neighbours"),
    ("allow: tcp/1-64, serves: mx", "FW310", false, false, "64 ports below 1024"),
    ("allow: tcp/1-65, serves: mx", "FW310", true, true, "65 of them"),
    ("allow: tcp/1-65535, serves: mx", "FW310", true, true, "nearly everything"),
    ("allow: any, serves: mx", "FW310", true, true, "everything"),
    (
      "allow: [tcp/1-24, smtp, tcp/26-80], serves: mx", "FW310", true, true, "made up of neighbours"
    ),
    ("allow: [smtp, tcp/1024-65535], serves: mx", "FW310", false, false, "beside a wide range"),
    ("allow: [smtp, tcp/27-65535], serves: mx", "FW310", false, false, "even of these neighbours"),
    ("allow: tcp/8080-9103, serves: web", "FW512", false, false, "1024 ports"),
    ("allow: tcp/8080-9104, serves: web", "FW512", true, true, "1025 ports"),
    ("allow: [https, tcp/8000-10000], serves: web", "FW401", true, false, "true of 443 only"),
    ("allow: [https, tcp/8080], serves: web", "FW401", false, false, "each by itself"),
    ("allow: udp/1-600, serves: authoritative-dns", "FW402", true, true, "over UDP, too"),
    ("allow: dns, serves: authoritative-dns", "FW402", false, false, "as it should be"),
    ("allow: dns-tls, serves: recursive-dns", "FW402", false, false, "853 bears the word out"),
    ("allow: tcp/1024-65535", "FW512", false, false, "no word, nothing to match"),
  ])
  func isBelievedForItsPortsOutOfNarrowRanges(
    _ rule: String, _ check: String, _ isAsked: Bool, _ isUnmatched: Bool, _ why: String
  ) {
    let found = findings(rule)
    #expect(found.contains(check) == isAsked, "\(why): \(found)")
    #expect(found.contains("FW512") == isUnmatched, "\(why): \(found)")
  }

  @Test func aWordIsBorneOutForTimeByItsOwnPortFirst() {
    #expect(findings("allow: tcp/4460, serves: ntp").contains("FW512"))
    #expect(!findings("allow: [udp/123, tcp/4460], serves: ntp").contains("FW512"))
    let beside = CheckedPolicy(
      """
      fwpolicy: 1
      name: h
      inbound:
        - { name: keys, allow: tcp/4460, serves: ntp }
        - { name: clock, allow: ntp }
      """, lints: true)
    #expect(!beside.codes.contains("FW512"))
  }

  @Test func aWordThatIsNotBelievedIsToldTheRightCure() throws {
    let checked = CheckedPolicy(
      "fwpolicy: 1\nname: h\ninbound:\n  - { name: r, allow: tcp/1-1023, serves: mx }\n",
      lints: true)
    let finding = try #require(checked.diagnostic("FW310"))
    #expect(
      finding.help.first?.text
        == "open it by a rule of its own: `allow: tcp/25, serves: mx`")
    let word = try #require(checked.diagnostic("FW512"))
    #expect(
      word.message.hasSuffix("TCP 1–1023 is no single service, so that `mx` is not believed"),
      "\(word.message)")
  }

  @Test func wordsOutOfOneRangeAreOneFinding() throws {
    let checked = CheckedPolicy(
      "fwpolicy: 1\nname: h\ninbound:\n"
        + "  - { name: r, allow: [tcp/1-1023, https], serves: [ssh, mx, imap, proxy] }\n",
      lints: true)
    let found = checked.compilation.diagnostics.filter { $0.code.code == "FW512" }
    #expect(
      found.map(\.message) == [
        "a declaration must match its rule: TCP 1–1023 is no single service, so that `ssh`, `mx` "
          + "and `imap` are not believed",
        "a declaration must match its rule: `proxy` is TCP 1080, 3128, 8080, 8118, 8888 and 9050",
      ])
  }

  /// What a rule opens and serves, and what FW401 says that it opens.
  @Test(arguments: [
    ("allow: [squid, http-alt]", "error", "TCP 3128 and 8080"),
    ("allow: [squid, http-alt], serves: web", "error", "TCP 3128"),
    ("allow: [squid, http-alt], serves: proxy", "warning", "TCP 3128 and 8080"),
    ("allow: [squid, http-alt], serves: [web, proxy]", "warning", "TCP 3128"),
    ("allow: [http-alt, tcp/8888]", "warning", "TCP 8080 and 8888"),
  ])
  func proxiesAreNamedByAllTheirPorts(_ rule: String, _ severity: String, _ ports: String) throws {
    let checked = CheckedPolicy(
      "fwpolicy: 1\nname: h\ninbound:\n  - { name: r, \(rule) }\n", lints: true)
    let finding = try #require(checked.diagnostic("FW401"))
    #expect(finding.severity.name == severity)
    #expect(finding.message.hasSuffix("`r` opens \(ports)"), "\(finding.message)")
    #expect(checked.codes.count { $0 == "FW401" } == 1)
  }

  @Test func aProxyOnAWebPortThatSaysSoIsSilent() {
    #expect(!findings("allow: http-alt, serves: proxy").contains("FW401"))
  }
}
