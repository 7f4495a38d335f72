import Nftables

extension Verdict {
  /// Reads the contents of a data attribute: NFTA_DATA_VERDICT and nothing else.
  init(data: ArraySlice<UInt8>) throws(Undecodable) {
    let data = try Attributes(data, upTo: 2)
    guard let bytes = data[2] else { throw Undecodable("has a value where a verdict belongs") }
    let verdict = try Attributes(bytes, upTo: 3)
    let chain = try verdict.optionalText(2)
    let code = Int32(bitPattern: try verdict.word(1))
    switch (code, chain) {
    case (0, nil): self = .drop
    case (1, nil): self = .accept
    case (-3, let chain?): self = .jump(chain)
    case (-4, let chain?): self = .goto(chain)
    case (-5, nil): self = .return
    default: throw Undecodable("has verdict \(code), which is not known")
    }
  }
}

/// The bytes of a data attribute: NFTA_DATA_VALUE and nothing else.
func decodeValue(data: ArraySlice<UInt8>) throws(Undecodable) -> ArraySlice<UInt8> {
  // Of the elements of large sets there are hundreds of thousands.
  var reader = AttributeReader(data)
  guard let (type, value) = try reader.next(), type == 1, try reader.next() == nil,
    (1...64).contains(value.count)
  else { throw .malformed }
  return value
}

/// The number that at most 16 bytes are, the most significant first or last.
func decodeNumber(_ bytes: ArraySlice<UInt8>, isNetworkOrder: Bool) -> UInt128 {
  isNetworkOrder
    ? bytes.reduce(0) { $0 << 8 | UInt128($1) }
    : bytes.reversed().reduce(0) { $0 << 8 | UInt128($1) }
}

/// An interface's name in its 16 bytes, padded with zeros.
func decodeInterface(_ bytes: ArraySlice<UInt8>) throws(Undecodable) -> String {
  let name = bytes.prefix { $0 != 0 }
  guard bytes.count == 16, (1...15).contains(name.count),
    bytes.dropFirst(name.count).allSatisfy({ $0 == 0 }),
    let text = String(validating: name, as: UTF8.self)
  else { throw Undecodable("has an interface name that is none") }
  return text
}

/// How many leading bits a mask keeps; nil where it is no prefix's.
func decodePrefixLength(mask: [UInt8]) -> Int? {
  let length = mask.reduce(0) { $0 + $1.nonzeroBitCount }
  return encodeMask(prefixLength: length, bytes: mask.count) == mask ? length : nil
}
