/// Unique, legal nftables names made from the policy's own.
///
/// Every hint begins with a word and a dash, and nft has no keyword with a dash in it that is also a
/// name, so that no version of nft reads a name as a keyword.
struct NameTable {
  /// Names are unique within their kind.
  enum Namespace: Hashable {
    case objects
    case sets
    case chains
  }

  /// As long as nft 1.0.2 and every kernel take, with room for what `nft list` adds.
  static let maximumLength = 100

  private var taken: [Namespace: Set<String>] = [:]
  /// The number to try first for a hint that is taken: many rules make the same one.
  private var nextNumbers: [Namespace: [String: Int]] = [:]

  /// Makes room for names to come.
  mutating func reserve(_ count: Int, among namespace: Namespace) {
    let known = taken[namespace]?.count ?? 0
    taken[namespace, default: []].reserveCapacity(known + count)
  }

  /// The hint itself where it is legal, short and free; otherwise cut or spelled out and told apart
  /// by a hash of the hint, then by a number.
  mutating func unique(_ hint: String, among namespace: Namespace) -> String {
    let legal = Self.legal(hint, upTo: Self.maximumLength)
    if taken[namespace, default: []].insert(legal).inserted { return legal }
    var number = nextNumbers[namespace]?[legal] ?? 2
    while true {
      let candidate = "\(legal)-\(number)"
      number += 1
      if taken[namespace, default: []].insert(candidate).inserted {
        nextNumbers[namespace, default: [:]][legal] = number
        return candidate
      }
    }
  }

  /// A text itself where it is legal and at most `maximum` bytes long; otherwise cut or spelled out and
  /// told apart by a hash.
  static func legal(_ text: String, upTo maximum: Int) -> String {
    if text.utf8.count <= maximum, text.utf8.allSatisfy(isLegal) { return text }
    let bytes = text.utf8.map { isLegal($0) ? $0 : UInt8(ascii: "_") }
    return String(decoding: bytes.prefix(maximum - 9), as: UTF8.self) + "-" + hash(text)
  }

  /// What an identifier of nft's scanner holds after its first letter.
  private static func isLegal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// FNV-1a, 32 bits, as eight hexadecimal digits: stable on every machine.
  private static func hash(_ text: String) -> String {
    var hash: UInt32 = 0x811C_9DC5
    for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
