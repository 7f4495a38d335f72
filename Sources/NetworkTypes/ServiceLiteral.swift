/// Parses one service literal.
///
/// `tcp/25`, `udp/5000-5100` (any protocol with ports); `icmp/TYPE`, `icmp/TYPE/CODE` and the same
/// for `icmpv6`, by nft's names or by number; `proto/N` or `proto/NAME`. A type without a code is
/// all its codes. Nothing else: no lists, no spaces, lower case only.
package func parseServiceLiteral(_ text: some StringProtocol) throws(ServiceParseError)
  -> ServiceSet
{
  let text = String(text)
  if text.isEmpty { throw .emptyText }
  guard let slash = text.firstIndex(of: "/") else { throw .notALiteral }
  if text.utf8.contains(where: { $0 == Ascii.space || $0 == Ascii.tab }) { throw .spaceInside }
  let head = String(text[..<slash])
  let tail = text[text.index(after: slash)...]
  if tail.utf8.contains(Ascii.comma) {
    // The help repeats what was written; a list that is no slip of the pen is cut.
    let items = tail.split(separator: ",").prefix(16).map { "\(head)/\($0)" }
    throw .listInLiteral(items: items.map(shown))
  }
  if head.isEmpty || tail.isEmpty { throw .emptyPart }
  switch head {
  case "proto": return try ServiceSet(protocols: IntervalSet(parseProtocol(tail).number))
  case "icmp": return try ServiceSet(icmp: IntervalSet([parseICMP(tail, family: .ipv4)]))
  case "icmpv6", "ipv6-icmp":
    return try ServiceSet(icmpv6: IntervalSet([parseICMP(tail, family: .ipv6)]))
  default: break
  }
  guard let ipProtocol = IPProtocol(name: head) else {
    let known = IPProtocol.knownNames.filter { IPProtocol(name: $0)?.hasPorts == true }
    throw .unknownProtocol(
      shown(head), nearest: nearestName(to: head, in: known + ["icmp", "icmpv6", "proto"]))
  }
  guard ipProtocol.hasPorts else { throw .protocolWithoutPorts(head) }
  if tail == "*" || tail == "any" { throw .wildcardPort(head) }
  if tail.utf8.contains(Ascii.slash) { throw .tooManyParts }
  return try ServiceSet(ports: [ipProtocol: IntervalSet([parsePortRange(tail)])])
}

/// Parses a port or a range of ports `a-b`.
///
/// Port 0 is refused: RFC 6335 §6 reserves it in every transport, and most stacks read it as "any".
package func parsePortRange(_ text: some StringProtocol) throws(ServiceParseError)
  -> IntervalSet<UInt16>.Interval
{
  if text.isEmpty { throw .emptyText }
  guard let hyphen = text.firstIndex(of: "-") else {
    let port = try parsePort(text)
    return IntervalSet.Interval(port, port)
  }
  let lower = try parsePort(text[..<hyphen])
  let upper = try parsePort(text[text.index(after: hyphen)...])
  guard lower <= upper else { throw .reversedPorts(lower: "\(lower)", upper: "\(upper)") }
  return IntervalSet.Interval(lower, upper)
}

private func parsePort(_ text: some StringProtocol) throws(ServiceParseError) -> UInt16 {
  if text.isEmpty { throw .emptyPart }
  guard let port = try parseNumber(text, maximum: 65535, orThrow: .portOutOfRange(shown(text)))
  else { throw .notAPort(shown(text)) }
  if port == 0 { throw .portZero }
  return UInt16(port)
}

private func parseProtocol(_ text: Substring) throws(ServiceParseError) -> IPProtocol {
  if text.utf8.contains(Ascii.slash) { throw .tooManyParts }
  if let number = try parseNumber(
    text, maximum: 255, orThrow: .protocolNumberOutOfRange(shown(text)))
  {
    return IPProtocol(number: UInt8(number))
  }
  guard let ipProtocol = IPProtocol(name: String(text)) else {
    throw .unknownProtocol(
      shown(text), nearest: nearestName(to: String(text), in: IPProtocol.knownNames))
  }
  return ipProtocol
}

private func parseICMP(_ text: Substring, family: AddressFamily) throws(ServiceParseError)
  -> IntervalSet<UInt16>.Interval
{
  let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
  guard parts.count <= 2 else { throw .tooManyParts }
  guard parts.allSatisfy({ !$0.isEmpty }) else { throw .emptyPart }
  let type: ICMPType
  if let number = try parseNumber(
    parts[0], maximum: 255, orThrow: .icmpTypeOutOfRange(shown(parts[0])))
  {
    type = ICMPType(UInt8(number), family: family)
  } else if let named = ICMPType(name: String(parts[0]), family: family) {
    type = named
  } else {
    throw .unknownICMPType(
      shown(parts[0]),
      nearest: nearestName(to: String(parts[0]), in: ICMPType.knownNames(family)))
  }
  guard parts.count == 2 else { return type.allCodes }
  let code: UInt8
  if let number = try parseNumber(
    parts[1], maximum: 255, orThrow: .icmpCodeOutOfRange(shown(parts[1])))
  {
    code = UInt8(number)
  } else if let named = type.code(named: String(parts[1])) {
    code = named
  } else {
    throw .unknownICMPCode(
      shown(parts[1]), nearest: nearestName(to: String(parts[1]), in: type.knownCodeNames))
  }
  let value = UInt16(type.number) << 8 | UInt16(code)
  return IntervalSet.Interval(value, value)
}

/// A decimal number without leading zeros, or nil when the text is not all digits.
private func parseNumber(
  _ text: some StringProtocol, maximum: Int, orThrow tooLarge: ServiceParseError
) throws(ServiceParseError) -> Int? {
  guard !text.isEmpty, text.utf8.allSatisfy({ decimalValue($0) != nil }) else { return nil }
  if text.utf8.count > 1, text.utf8.first == Ascii.zero { throw .leadingZero(shown(text)) }
  guard text.utf8.count <= 9, let number = Int(text), number <= maximum else { throw tooLarge }
  return number
}

/// A piece of the literal for an error, cut at 64 characters.
private func shown(_ text: some StringProtocol) -> String {
  let cut = text.prefix(64)
  return String(cut) + (cut.endIndex < text.endIndex ? "…" : "")
}
