/// Why a text is not a service literal or a port range.
///
/// `message` and `help` are phrased for a diagnostic. Texts in payloads are cut at 64 bytes: they
/// come from outside.
package enum ServiceParseError: Error, Hashable, Sendable {
  case emptyText
  /// No `/`: a name, not a literal.
  case notALiteral
  case spaceInside
  /// `tcp/25,465`; the items as the literals that a list holds.
  case listInLiteral(items: [String])
  case unknownProtocol(String, nearest: String?)
  /// Its ports were asked for; the payload is its name.
  case protocolWithoutPorts(String)
  /// Nothing after the `/`, or on one side of the `-`.
  case emptyPart
  /// `tcp/*` or `tcp/any`; the payload is the protocol's name.
  case wildcardPort(String)
  case portZero
  case portOutOfRange(String)
  case leadingZero(String)
  case notAPort(String)
  /// Both ends as text, in the order they were written.
  case reversedPorts(lower: String, upper: String)
  case unknownICMPType(String, nearest: String?)
  case icmpTypeOutOfRange(String)
  case unknownICMPCode(String, nearest: String?)
  case icmpCodeOutOfRange(String)
  case protocolNumberOutOfRange(String)
  /// A `/` more than the form has.
  case tooManyParts
}

extension ServiceParseError {
  /// The rule that the text breaks: lower case, no final period.
  package var message: String {
    switch self {
    case .emptyText: "a service cannot be empty"
    case .notALiteral: "a service literal is `PROTOCOL/…`"
    case .spaceInside: "a service literal contains no spaces"
    case .listInLiteral: "a service literal names one port or one range"
    case .unknownProtocol(let name, _): "`\(name)` is not a protocol of a service literal"
    case .protocolWithoutPorts(let name): "protocol `\(name)` has no ports"
    case .emptyPart: "a service literal has a value on both sides of its marks"
    case .wildcardPort: "a port is a number"
    case .portZero: "port 0 is reserved and no service can be reached there"
    case .portOutOfRange(let port): "port `\(port)` is larger than 65535"
    case .leadingZero(let number): "number `\(number)` cannot begin with 0"
    case .notAPort(let text): "port `\(text)` is not a decimal number"
    case .reversedPorts: "a port range begins with its lower port"
    case .unknownICMPType(let name, _): "`\(name)` is not a type of this protocol"
    case .icmpTypeOutOfRange(let number): "type `\(number)` is larger than 255"
    case .unknownICMPCode(let name, _): "`\(name)` is not a code of this type"
    case .icmpCodeOutOfRange(let number): "code `\(number)` is larger than 255"
    case .protocolNumberOutOfRange(let number): "protocol number `\(number)` is larger than 255"
    case .tooManyParts: "a service literal has no further `/`"
    }
  }

  /// The change to make, where one is known.
  package var help: String? {
    switch self {
    case .emptyText, .notALiteral:
      "write `tcp/25`, `udp/5000-5100`, `icmp/echo-request`, `icmpv6/128` or `proto/47`"
    case .spaceInside: "remove the spaces"
    case .listInLiteral(let items): "write a list: `[\(items.joined(separator: ", "))]`"
    case .unknownProtocol(_, let nearest):
      nearest.map { "did you mean `\($0)`?" } ?? "write its number: `proto/N`"
    case .protocolWithoutPorts(let name): "write `proto/\(name)`"
    case .emptyPart: nil
    case .wildcardPort(let name): "write `proto/\(name)` for every port"
    case .portZero: "write ports from 1 to 65535"
    case .portOutOfRange: "write ports from 1 to 65535"
    case .leadingZero(let number): "write `\(withoutLeadingZeros(number))`"
    case .notAPort: "write the port's number, or the name of a service without a protocol"
    case .reversedPorts(let lower, let upper): "write `\(upper)-\(lower)`"
    case .unknownICMPType(_, let nearest), .unknownICMPCode(_, let nearest):
      nearest.map { "did you mean `\($0)`?" } ?? "write its number"
    case .icmpTypeOutOfRange, .icmpCodeOutOfRange, .protocolNumberOutOfRange:
      "write a number from 0 to 255"
    case .tooManyParts: nil
    }
  }
}

/// The digits without leading zeros, one digit at least.
func withoutLeadingZeros(_ digits: String) -> String {
  let rest = digits.drop { $0 == "0" }
  return rest.isEmpty ? "0" : String(rest)
}
