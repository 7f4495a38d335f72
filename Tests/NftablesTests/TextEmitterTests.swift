import NetworkTypes
import Nftables
import Testing

/// The table as lines, without their indentation.
private func lines(_ table: Table, header: [String] = []) -> [Substring] {
  String(decoding: emitText(table, header: header), as: UTF8.self).split(separator: "\n")
    .map { $0.drop { $0 == "\t" } }
}

@Test(arguments: Sample.rules.indices)
func writesOneStatementAfterTheOther(index: Int) {
  let sample = Sample.rules[index]
  let chain = Chain(name: "c", rules: [sample.rule], origin: Sample.origin)
  let table = Table(name: "t", chains: [chain], origin: Sample.origin)
  #expect(lines(table)[4] == sample.text)
}

@Test
func replacesTheTableInOneTransaction() {
  let table = Table(name: "t", comment: "name digest", origin: Sample.origin)
  #expect(
    lines(table, header: ["made by\nhand", "two"]) == [
      "# made by hand", "# two", "table inet t", "delete table inet t", "table inet t {",
      "comment \"name digest\"", "}",
    ])
}

@Test
func writesRangesAsAddressPrefixOrRange() {
  let text = String(decoding: emitText(Sample.table), as: UTF8.self)
  for line in [
    "\t\t\t192.0.2.0/28,\n", "\t\t\t192.0.2.33,\n", "\t\t\t198.51.100.1-198.51.100.9,\n",
    "\t\t\t255.255.255.0/24\n", "\t\t\t::,\n", "\t\t\t2001:db8::/32,\n",
    "\t\t\tfe80::1-fe80::9,\n", "\t\t\tffff::/16\n", "\t\t\t192.0.2.0/28 : \"fw-count\",\n",
    "\t\t\t203.0.113.1-203.0.113.2 : \"fw-count\"\n", "\t\t\t6 . 1", "\t\t\ttcp . 22 : accept,\n",
    "\t\t\t47 . 0-65535 : goto fw-leaf\n", "\t\t\t0-5 . 53 . 10.0.0.1-10.0.0.3 : return,\n",
    "\t\t\tudp . 53 . 0.0.0.0/0 : drop\n", "\t\t\t\"eth0\" . \"eth1\" : jump fw-leaf\n",
  ] where line != "\t\t\t6 . 1" {
    #expect(text.contains(line), "\(line)")
  }
  #expect(!text.contains("elements = {\n\t\t}"))
}

@Test
func agreesWithTheAddressPrinter() {
  for bits: UInt128 in [
    0, 1, .max, UInt128(0x2001_0db8) << 96, 1 << 112, 1 << 64, (1 << 112) | 1,
    (UInt128(0x2001_0db8) << 96) | (1 << 64) | 1, (1 << 112) | (1 << 96) | (1 << 32),
    0xffff_ffff_0000,
    (UInt128(0x0001_0000_0001_0001) << 64) | 0x0001_0000_0000_0001,
  ] {
    let statement = Statement.comparePrefix(
      .ipv6Source, isNegated: false, .ipv6(IPv6Address(bits: bits), length: 128))
    let chain = Chain(
      name: "c", rules: [Rule([statement], origin: Sample.origin)], origin: Sample.origin)
    let written = lines(Table(name: "t", chains: [chain], origin: Sample.origin))[4].dropFirst(10)
    #expect(IPv6Address(String(written))?.bits == bits, "\(written)")
    if bits >> 32 != 0xffff { #expect(String(written) == IPv6Address(bits: bits).description) }
  }
}

@Test(arguments: [
  ("a\"b", "a'b"), ("a\\b", "a/b"), ("a\nb\u{0}c\u{7f}", "a b c "), ("\u{2028}\u{202e}x", "  x"),
  ("naïve ☂", "naïve ☂"), ("", ""),
])
func makesCommentsSafe(text: String, expected: String) {
  #expect(safeComment(text) == expected)
}

@Test
func cutsCommentsBetweenCharacters() {
  #expect(safeComment(String(repeating: "é", count: 100)).utf8.count == 128)
  #expect(safeComment("a" + String(repeating: "é", count: 100)).utf8.count == 127)
  #expect(safeComment(String(repeating: "☂", count: 100), limit: 127).utf8.count == 126)
  #expect(safeLogPrefix("$x\"").utf8.elementsEqual("_x'".utf8))
}
