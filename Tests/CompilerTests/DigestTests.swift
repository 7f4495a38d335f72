import Compiler
import Diagnostics
import Testing

@Suite struct DigestTests {
  /// NIST, SHA-256 examples of FIPS 180-4 and the short message tests of CAVP.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func agreesWithThePublishedVectors(text: String, digest: String) {
    #expect(SHA256.hexadecimal(of: Array(text.utf8)) == digest)
  }

  @Test func oneMillionLettersAgreeWithThePublishedVector() {
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(
      SHA256.hexadecimal(of: bytes)
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// Every length around the block and the padding.
  @Test(arguments: 0..<200)
  func piecesGiveTheDigestOfTheWhole(cut: Int) {
    let bytes = (0..<200).map { UInt8($0) }
    var hash = SHA256()
    hash.update(Array(bytes[..<cut]))
    hash.update(Array(bytes[cut...]))
    #expect(hash.finalizedHexadecimal() == SHA256.hexadecimal(of: bytes))
  }

  @Test func digestTellsApartWhereNamesAndFilesEnd() {
    func map(_ files: [(String, String)]) -> SourceMap {
      var sources = SourceMap()
      for (name, text) in files {
        _ = sources.add(SourceFile(name: name, bytes: Array(text.utf8)))
      }
      return sources
    }
    let digests = [
      map([("a", "bc")]), map([("ab", "c")]), map([("a", "b"), ("c", "")]),
      map([("c", ""), ("a", "b")]), map([]),
    ].map { digest(of: $0) }
    #expect(Set(digests).count == digests.count)
  }
}
