import Compiler
import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyAnalysis
import PolicyLanguage

/// Answers packets from a file: a JSON object a line in, a JSON object a line out, in order.
struct PacketLines {
  let policy: ResolvedPolicy
  let places: QueryPlaces

  /// A line that is no packet.
  private struct Misread: Error {
    var reason: String

    init(_ reason: String) { self.reason = reason }
  }

  /// Lines that are no packets are answered by their error; then the answer is no.
  func answer(file: String) throws -> ExitStatus {
    let source = try FileSystemProvider.valuesFile(file == "-" ? "/dev/stdin" : file)
    let meaning = PolicyMeaning(of: policy)
    var status = ExitStatus.clean
    var output = ""
    for (index, line) in source.bytes.split(separator: 10, omittingEmptySubsequences: false)
      .enumerated() where !line.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 })
    {
      var members: [JSONText.Member] = [.init("input", .number(index + 1))]
      do {
        let packet = try packet(of: line)
        members += QueryReport.members(of: meaning.decide(packet), places: places)
        members.append(.init("packet", .string(packet.description)))
      } catch let error as Misread {
        members.append(.init("error", .string(error.reason)))
        status = .no
      } catch let error as FlatObjectError {
        members.append(.init("error", .string(error.reason)))
        status = .no
      }
      output += JSONText.object(members).lineText
      if output.utf8.count > 1 << 16 {
        try Terminal.writeProduct(output)
        output = ""
      }
    }
    try Terminal.writeProduct(output)
    return status
  }

  private static let keys = [
    "hook", "in", "out", "from", "to", "service", "source-port", "state", "user", "as-of", "limit",
  ]

  private func packet(of line: ArraySlice<UInt8>) throws -> Packet {
    var values: [String: String] = [:]
    for (key, value) in try readFlatObject(line) {
      guard Self.keys.contains(key) else {
        throw Misread("`\(key)` is no key of a packet: \(Self.keys.joined(separator: ", "))")
      }
      values[key] = value
    }
    func choice<Value: RawRepresentable & CaseIterable>(
      _ key: String, _ type: Value.Type
    ) throws -> Value? where Value.RawValue == String {
      guard let text = values[key] else { return nil }
      guard let value = Value(rawValue: text) else {
        let all = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw Misread("`\(key)` is one of \(all)")
      }
      return value
    }
    func number<Number: FixedWidthInteger>(_ key: String, _: Number.Type) throws -> Number? {
      guard let text = values[key] else { return nil }
      guard let number = Number(text) else {
        throw Misread("`\(key)` is a number from 0 to \(Number.max)")
      }
      return number
    }
    let path = try choice("hook", Packet.Path.self) ?? defaultPath(values)
    if path == .forward, policy.forward == nil, policy.role == .host {
      throw Misread("this policy has no say over forwarded traffic: `hook` is inbound or outbound")
    }
    var packet = Packet(
      path: path, inputInterface: path == .outbound ? nil : values["in"] ?? "if0",
      outputInterface: path == .inbound ? nil : values["out"] ?? "if0",
      addresses: try addresses(values), ipProtocol: .tcp)
    try setService(of: &packet, values["service"])
    if packet.ipProtocol.hasPorts {
      packet.sourcePort = try number("source-port", UInt16.self) ?? 40000
    }
    packet.state = try choice("state", Packet.ConntrackState.self) ?? .new
    packet.socketUser = path == .outbound ? try number("user", UInt32.self) : nil
    packet.limitExceeded = values["limit"] == "exceeded"
    if let limit = values["limit"], limit != "exceeded" {
      throw Misread("`limit` is exceeded, or left out")
    }
    if let seconds = try number("as-of", Int64.self) { packet.time = Timestamp(seconds: seconds) }
    return packet
  }

  /// Without a hook: forward where it leaves again, or where it passes a router.
  private func defaultPath(_ values: [String: String]) -> Packet.Path {
    if values["out"] != nil { return values["in"] == nil ? .outbound : .forward }
    return policy.role == .router && values["in"] == nil ? .forward : .inbound
  }

  private func addresses(_ values: [String: String]) throws -> Packet.Addresses {
    func end(_ key: String) throws -> String {
      guard let text = values[key] else { throw Misread("a packet has `from` and `to`") }
      return text
    }
    let (from, to) = (try end("from"), try end("to"))
    if let source = IPv4Address(from), let destination = IPv4Address(to) {
      return .ipv4(source: source, destination: destination)
    }
    if let source = IPv6Address(from), let destination = IPv6Address(to) {
      return .ipv6(source: source, destination: destination)
    }
    throw Misread("`from` and `to` are single addresses of one family")
  }

  /// A literal of one port, type or protocol, or the name of a service that is one.
  private func setService(of packet: inout Packet, _ text: String?) throws {
    guard let text else { throw Misread("a packet has a `service`, such as tcp/25") }
    let set: ServiceSet
    if let named = policy.services[text] {
      set = named
    } else if let literal = try? parseServiceLiteral(text) {
      set = literal
    } else {
      throw Misread("`\(text.visible)` is no service of the policy and no literal such as tcp/25")
    }
    guard let (ipProtocol, value) = set.single(packet.family) else {
      throw Misread("`\(text.visible)` is more than one port, or of the other family: write tcp/25")
    }
    packet.ipProtocol = ipProtocol
    if ipProtocol.hasPorts {
      packet.destinationPort = value
    } else if let value {
      packet.icmpType = UInt8(value >> 8)
      packet.icmpCode = UInt8(value & 255)
    }
  }
}

extension ServiceSet {
  /// The protocol, and the port or ICMP type, of a set of one kind of packets in a family.
  ///
  /// Of an ICMP type with any code, code 0.
  fileprivate func single(_ family: AddressFamily) -> (IPProtocol, UInt16?)? {
    let icmp = family == .ipv4 ? self.icmp : icmpv6
    let icmpNumber = family == .ipv4 ? IPProtocol.icmp : .icmpv6
    if ports.isEmpty, let only = icmp.intervals.first, icmp.intervals.count == 1,
      protocols.isEmpty, only.lower >> 8 == only.upper >> 8
    {
      return (icmpNumber, only.lower)
    }
    if ports.count == 1, protocols.isEmpty, icmp.isEmpty, let (ipProtocol, set) = ports.first,
      let only = set.intervals.first, set.intervals.count == 1, only.lower == only.upper
    {
      return (ipProtocol, only.lower)
    }
    if ports.isEmpty, icmp.isEmpty, protocols.intervals.count == 1,
      let only = protocols.intervals.first, only.lower == only.upper
    {
      let ipProtocol = IPProtocol(number: only.lower)
      // Whole protocols that have ports or types are more than one kind of packet.
      return ipProtocol.hasPorts || ipProtocol == icmpNumber ? nil : (ipProtocol, nil)
    }
    return nil
  }
}
