import Diagnostics
import Testing

@Suite struct SourceFileTests {
  /// Seeded, so that a failure repeats: SplitMix64.
  private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  @Test(arguments: 0..<50)
  func lineAndColumnLeadBackToTheOffset(seed: Int) {
    var random = Random(state: UInt64(seed))
    let alphabet: [String] = ["a", "é", "名", "\n", "\r", "\r\n", "\t", "😀"]
    let text = (0..<60).map { _ in alphabet.randomElement(using: &random) ?? "a" }.joined()
    let file = SourceFile(name: "t", bytes: Array(text.utf8))
    var offset = 0
    for scalar in text.unicodeScalars {
      let (line, column) = file.position(at: offset)
      // Walk from the line's start: column - 1 scalars.
      var back = file.lineStarts[line - 1]
      var left = column - 1
      while left > 0 {
        back += 1
        while back < file.bytes.count, file.bytes[back] & 0xC0 == 0x80 { back += 1 }
        left -= 1
      }
      #expect(back == offset, "seed \(seed)")
      offset += UTF8.width(scalar)
    }
  }

  @Test(arguments: [
    ("", [0]), ("a", [0]), ("a\n", [0, 2]), ("a\r\nb", [0, 3]), ("a\rb", [0, 2]),
    ("\n\r", [0, 1, 2]), ("\r\r\n", [0, 1, 3]),
  ])
  func everyLineEndingEndsALine(text: String, starts: [Int]) {
    #expect(SourceFile(name: "t", bytes: Array(text.utf8)).lineStarts == starts)
  }
}
