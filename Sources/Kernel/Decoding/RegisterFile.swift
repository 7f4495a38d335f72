import Nftables

/// What a register holds, as far as comparisons need to know.
struct LoadedValue {
  enum Source: Equatable {
    case field(FieldSource)
    /// Whether a route to the source leaves by the input interface: 1 or 0.
    case reversePath
  }

  var source: Source
  /// In bytes.
  var length: Int
  /// Turned from the machine's order to network order.
  var isTurned = false
  /// Of its length.
  var mask: [UInt8]?
}

/// The registers of a rule: sixteen words of four bytes, NFT_REG32_00 and on.
///
/// A value that is longer takes the words behind its own, and what stood in any of them is gone.
struct RegisterFile {
  private struct Place {
    var load: Int
    var word: Int
  }

  private var loads: [(value: LoadedValue, isUsed: Bool)] = []
  private var words = [Place?](repeating: nil, count: 16)

  /// The word that a register's number names: NFT_REG_1…4 are of 16 bytes.
  static func word(of register: UInt32) throws(Undecodable) -> Int {
    switch register {
    case 1...4: Int(register - 1) * 4
    case 8...23: Int(register - 8)
    default: throw Undecodable("uses register \(register), which is not known")
    }
  }

  /// Whether every value has been used: the load of another might have ended the rule.
  var areAllUsed: Bool { loads.allSatisfy(\.isUsed) }

  mutating func load(_ value: LoadedValue, at word: Int) throws(Undecodable) {
    let count = (value.length + 3) / 4
    guard count > 0, word + count <= words.count else {
      throw Undecodable("loads more than the registers hold")
    }
    loads.append((value, false))
    for offset in 0..<count { words[word + offset] = Place(load: loads.count - 1, word: offset) }
  }

  /// The whole value that begins at a word; counts as used from now on.
  mutating func use(at word: Int) throws(Undecodable) -> LoadedValue {
    guard words.indices.contains(word), let place = words[word], place.word == 0 else {
      throw Undecodable("reads a register that nothing was loaded into")
    }
    let value = loads[place.load].value
    for offset in 0..<(value.length + 3) / 4 {
      guard let other = words[word + offset], other.load == place.load, other.word == offset else {
        throw Undecodable("reads a register of which a part was loaded over")
      }
    }
    loads[place.load].isUsed = true
    return value
  }
}
