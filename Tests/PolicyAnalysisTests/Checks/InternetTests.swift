import Compiler
import Diagnostics
import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import Testing

/// Who the internet is to a policy, at the edges of its definition.
@Suite struct InternetTests {
  private func internet(_ networks: [String]) throws -> Internet {
    let text =
      "fwpolicy: 1\nname: h\nnetworks:\n"
      + networks.enumerated().map { "  n\($0.offset): [\($0.element)]\n" }.joined()
      + "inbound: [{ allow: ssh, from: n0 }]\n"
    return Internet(of: try #require(CheckedPolicy(text).compilation.policy))
  }

  private func holds(_ internet: Internet, _ address: UInt32) -> Bool {
    internet.addresses.contains(IPv4Address(bits: address))
  }

  /// What is named, an IPv4 address, and whether it is still a stranger's.
  @Test(arguments: [
    (["60.0.0.0/8"], 60, false, "2^24 addresses are somebody's"),
    (["60.0.0.0/8, 61.0.0.0"], 60, true, "one more is nobody's"),
    (["60.0.0.0/8"], 61, true, "the rest is not touched"),
    ((60..<68).map { "\($0).0.0.0/8" }, 67, false, "2^27 in all are known"),
    ((60..<69).map { "\($0).0.0.0/8" }, 68, true, "of more, the last and largest are not"),
    ((60..<69).map { "\($0).0.0.0/8" }, 60, false, "but the others are"),
    (
      (60..<70).map { "\($0).0.0.0/8" } + ["80.0.0.0/16"], 80, false, "small sets stay known"
    ),
    (
      (60..<68).map { "\($0).0.0.0/8" } + (60..<68).map { "\($0).0.0.0/9" }, 67, false,
      "what is named twice counts once"
    ),
  ])
  func namesHideOnlySoMuch(_ networks: [String], _ first: UInt32, _ isStranger: Bool, _ why: String)
    throws
  {
    #expect(holds(try internet(networks), first << 24 | 1) == isStranger, "\(why)")
  }

  @Test func manyNamesForTheWholeInternetHideNothing() {
    let names = (1..<224).filter { $0 != 10 && $0 != 127 }
    let networks = names.map { "  n\($0): [\($0).0.0.0/8]\n" }.joined()
    let from = names.map { "n\($0)" }.joined(separator: ", ")
    let checked = CheckedPolicy(
      "fwpolicy: 1\nname: h\nnetworks:\n\(networks)inbound: [{ name: r, allow: squid, from: [\(from)] }]\n",
      lints: true)
    #expect(checked.codes.contains("FW401"))
  }

  @Test func ofIPv6ItIsWhatIsRouted() throws {
    let internet = try internet(["192.0.2.0/24"])
    let global = Internet.globalIPv6.intervals[0]
    #expect(internet.addresses.ipv6.isSubset(of: global))
    #expect(!internet.addresses.contains(IPv6Address(bits: 2)))
    #expect(internet.addresses.contains(IPv6Address(bits: 0x2600 << 112 | 1)))
    #expect(!internet.addresses.contains(IPv6Address(bits: 0x2001_0db8 << 96 | 1)))
  }
}

extension IntervalSet {
  fileprivate func isSubset(of other: Interval) -> Bool {
    intervals.allSatisfy { other.lower <= $0.lower && $0.upper <= other.upper }
  }
}
