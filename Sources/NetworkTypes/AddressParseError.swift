/// Why a text is not an address, a prefix or a range of addresses.
///
/// `message` and `help` are phrased for a diagnostic. Texts in payloads are cut at 64 bytes: they
/// come from outside.
package enum AddressParseError: Error, Hashable, Sendable {
  /// Nothing was written.
  case emptyText
  /// One side of a range's `-` or of a prefix's `/` is missing.
  case emptyPart
  /// None of the cases below: the text does not read as an address.
  case notAnAddress
  /// A name of the DNS, which nothing here resolves.
  case hostName
  /// A space or tab inside the literal.
  case spaceInside
  /// `010` reads as 10 to some programs and as 8 to others.
  case octalLookingOctet(String)
  case octetOutOfRange(String)
  /// A short form, or more than four octets.
  case wrongOctetCount(Int)
  case groupTooLong(String)
  /// Not eight groups, and no `::` that stands for the missing ones.
  case wrongGroupCount(Int)
  /// `::` may stand in an address once.
  case repeatedCompression
  /// `fe80::1%eth0`: an interface is matched by a zone, not by an address.
  case zoneIdentifier
  case prefixNotANumber(String)
  /// `/255.255.255.0`; `length` is the same mask as a prefix length, when it is one.
  case dottedMask(length: Int?)
  case prefixTooLong(length: String, maximum: Int)
  /// An address inside the prefix was written where its first address belongs.
  ///
  /// Both readings as text: `10.0.0.0/24` and `10.0.0.20`.
  case hostBitsSet(network: String, host: String)
  case prefixInRange
  /// Both ends as text, in the order they were written.
  case reversedRange(lower: String, upper: String)
  case mixedFamilies
}

extension AddressParseError {
  /// The rule that the text breaks: lower case, no final period.
  package var message: String {
    switch self {
    case .emptyText: "an address cannot be empty"
    case .emptyPart: "a range has an address, and a prefix a length, on both sides of its mark"
    case .notAnAddress: "this is not an address, a prefix `a/n` or a range `a-b`"
    case .hostName: "a host name cannot stand for an address"
    case .spaceInside: "an address, prefix or range contains no spaces"
    case .octalLookingOctet(let octet):
      "octet `\(octet)` cannot begin with 0: some programs read that as octal"
    case .octetOutOfRange(let octet): "octet `\(octet)` is larger than 255"
    case .wrongOctetCount(let count):
      "an IPv4 address has four octets, this one has \(count > 4 ? "more" : "\(count)")"
    case .groupTooLong(let group): "group `\(group)` has more than four hexadecimal digits"
    case .wrongGroupCount(let count):
      count > 8
        ? "an IPv6 address has eight groups, this one has more"
        : count == 8
          ? "`::` stands for at least one group, and all eight are written"
          : "an IPv6 address has eight groups, this one has \(count) and no `::`"
    case .repeatedCompression: "`::` may stand in an address only once"
    case .zoneIdentifier: "an address cannot name an interface with `%`"
    case .prefixNotANumber(let text): "prefix length `\(text)` is not a decimal number"
    case .dottedMask: "a prefix length is a number of bits, not a mask"
    case .prefixTooLong(let length, let maximum):
      "prefix length `\(length)` is larger than \(maximum)"
    case .hostBitsSet(let network, let host):
      "a prefix begins with its first address: `\(host)` lies inside `\(network)`"
    case .prefixInRange: "the ends of a range are addresses, not prefixes"
    case .reversedRange: "a range begins with its lower address"
    case .mixedFamilies: "the ends of a range are of one address family"
    }
  }

  /// The change to make, where one is known.
  package var help: String? {
    switch self {
    case .emptyText, .notAnAddress, .prefixNotANumber:
      "write an address (`192.0.2.1`), a prefix (`2001:db8::/32`) or a range (`192.0.2.1-192.0.2.9`)"
    case .emptyPart: nil
    case .hostName:
      "write the addresses themselves: nothing is resolved at compile or apply time"
    case .spaceInside: "remove the spaces"
    case .octalLookingOctet(let octet): "write `\(withoutLeadingZeros(octet))`"
    case .octetOutOfRange: nil
    case .wrongOctetCount: "write all four octets, as in `192.0.2.0/24`"
    case .groupTooLong: nil
    case .wrongGroupCount: nil
    case .repeatedCompression: "write the zero groups of one of the two"
    case .zoneIdentifier: "remove the part after `%` and name the interface in a zone"
    case .dottedMask(let length): length.map { "write `/\($0)`" }
    case .prefixTooLong(_, let maximum): "write a length from 0 to \(maximum)"
    case .hostBitsSet(let network, let host):
      "write `\(network)` for the network or `\(host)` for the one address"
    case .prefixInRange: "write the first and the last address"
    case .reversedRange(let lower, let upper): "write `\(upper)-\(lower)`"
    case .mixedFamilies: "write one range for each family"
    }
  }
}
