import NetworkTypes
import TestSupport
import Testing

struct PrefixListReaderTests {
  func read(_ text: String) -> PrefixList { PrefixListReader.read(Array(text.utf8).span) }

  @Test func readsEntriesCommentsAndBlankLines() {
    let list = read(
      "\u{feff}# clients\r\n192.0.2.0/25\r\n\r\n 192.0.2.128/25\t# the rest\n"
        + "2001:db8::/32#x\n198.51.100.1-198.51.100.3\n  #\n203.0.113.9")
    #expect(
      list.addresses.description
        == "192.0.2.0/24, 198.51.100.1-198.51.100.3, 203.0.113.9, 2001:db8::/32")
    #expect(list.entries.count == 5)
    #expect(list.problems.isEmpty && list.problemCount == 0)
  }

  @Test(arguments: ["", "\n", "\r\n\r\n", "#", "# only\n", "\u{feff}", " \t "])
  func readsNothingFromNothing(_ text: String) {
    let list = read(text)
    #expect(list.addresses.isEmpty && list.entries.count == 0 && list.problemCount == 0)
  }

  @Test func namesLineBytesAndReasonAndGoesOn() {
    let text = "192.0.2.0/24\n  10.0.0.20/24 # host\n\nmail.example.com\r\n198.51.100.7\n"
    let list = read(text)
    #expect(list.addresses.description == "192.0.2.0/24, 198.51.100.7")
    #expect(
      list.problems == [
        PrefixList.Problem(
          line: 2, range: 15..<27,
          error: .hostBitsSet(network: "10.0.0.0/24", host: "10.0.0.20")),
        PrefixList.Problem(line: 4, range: 36..<52, error: .hostName),
      ])
  }

  @Test func describesTheFirstProblemsAndCountsTheRest() {
    let list = read(String(repeating: "bad\n", count: 1_000) + "192.0.2.1\n")
    #expect(list.problems.count == PrefixListReader.problemLimit)
    #expect(list.problemCount == 1_000)
    #expect(list.problems.last?.line == 20)
    #expect(list.entries.count == 1)
  }

  @Test func readsUnsortedAndOverlappingEntries() {
    let list = read("198.51.100.0/24\n192.0.2.0/24\n192.0.2.7\n192.0.3.0/24\n0.0.0.0/32\n")
    #expect(list.addresses.description == "0.0.0.0, 192.0.2.0/23, 198.51.100.0/24")
  }

  @Test func neverTrapsOnAnyBytes() {
    var generator = SeededGenerator(label: "neverTrapsOnAnyBytes")
    let alphabet = Array("0125:./-# \r\n\n\0f".utf8) + [0xef, 0xbb, 0xbf, 0xff]
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...60, using: &generator)
      let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      let list = PrefixListReader.read(bytes.span)
      for problem in list.problems {
        #expect(!problem.range.isEmpty && problem.range.upperBound <= bytes.count)
      }
    }
  }
}
