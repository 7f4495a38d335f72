import Diagnostics
import NetworkTypes
import PolicyLanguage

/// What is written of one packet, and of what is lost: a line each.
package enum WatchLine {
  /// For people, on a stream that is no terminal; whatever could drive one is made visible.
  ///
  /// `TIME VERDICT FLOW in IN out OUT: DECIDED PLACE; SOURCE's WHO`
  package static func text(_ event: WatchEvent) -> String {
    "\(event.packet.time) \(body(event))\n"
  }

  /// The same without the time and the end of the line.
  static func body(_ event: WatchEvent) -> String {
    let packet = event.packet
    var text = "\(event.origin.verdict ?? "logged") \(packet.flow)"
    if !packet.interfaces.isEmpty { text += " " + packet.interfaces }
    text += ": " + event.origin.words
    if let place = event.origin.place { text += " \(place)" }
    if case .unknown = event.origin { text += " (\"\(packet.prefix)\")" }
    if let source = event.source { text += "; from \(source.words)" }
    if let destination = event.destination { text += "; to \(destination.words)" }
    return text.visible
  }

  /// So many messages of a group never came; nil for how many is not known yet.
  package static func lostText(at microseconds: Int64, _ lost: (group: UInt16, count: UInt64)?)
    -> String
  {
    let time = WatchedPacket.time(microseconds)
    guard let lost else { return "\(time) lost some messages: the kernel had no room for them\n" }
    return "\(time) lost \(lost.count) of group \(lost.group)\n"
  }

  package static func unreadableText(at microseconds: Int64) -> String {
    "\(WatchedPacket.time(microseconds)) a message of the kernel could not be read\n"
  }

  // MARK: JSON, version 1

  /// One object on a line; docs/OUTPUT.md describes it.
  package static func json(_ event: WatchEvent) -> String {
    let packet = event.packet
    let headers = packet.headers
    let ends = headers?.addresses.ends
    func number(_ value: (some BinaryInteger)?) -> JSONText? { value.map { .number(Int($0)) } }
    return JSONText.object([
      "version": .number(1),
      "event": .string("packet"),
      "time": .string(packet.time),
      "group": .number(Int(packet.group)),
      "prefix": .string(packet.prefix),
      "hook": packet.hook.map { .string($0.rawValue) },
      "in": packet.inputInterface.map { .string($0) },
      "out": packet.outputInterface.map { .string($0) },
      "hardware": packet.hardwareAddress.map { .string(hardware($0)) },
      "user": number(packet.user),
      "protocol": headers.map {
        .string($0.ipProtocol.name ?? "proto/\($0.ipProtocol.number)")
      },
      "source": ends.map { .string($0.source) },
      "sourcePort": number(headers?.sourcePort),
      "destination": ends.map { .string($0.destination) },
      "destinationPort": number(headers?.destinationPort),
      "icmpType": number(headers?.icmpType),
      "icmpCode": number(headers?.icmpCode),
      "tcpFlags": (headers?.tcpFlags).map { .array(flags($0).map { .string($0) }) },
      "isFragment": headers.flatMap { $0.isLaterFragment ? .bool(true) : nil },
      "hopLimit": number(headers?.hopLimit),
      "length": number(headers?.length),
      "verdict": event.origin.verdict.map { .string($0) },
      "decidedBy": origin(event.origin),
      "from": event.source?.json,
      "to": event.destination?.json,
    ]).lineText
  }

  package static func lostJSON(at microseconds: Int64, _ lost: (group: UInt16, count: UInt64)?)
    -> String
  {
    JSONText.object([
      "version": .number(1),
      "event": .string("lost"),
      "time": .string(WatchedPacket.time(microseconds)),
      "group": lost.map { .number(Int($0.group)) },
      "count": lost.map { .number(Int(clamping: $0.count)) },
    ]).lineText
  }

  package static func unreadableJSON(at microseconds: Int64) -> String {
    JSONText.object([
      "version": .number(1),
      "event": .string("unreadable"),
      "time": .string(WatchedPacket.time(microseconds)),
    ]).lineText
  }

  private static func origin(_ origin: LogOrigin) -> JSONText? {
    switch origin {
    case .known(let known): source(known)
    case .oneOf(let sources): .object(["oneOf": .array(sources.map(source))])
    case .unknown: nil
    }
  }

  private static func source(_ source: LogSource) -> JSONText {
    .object([
      "section": .string(source.section),
      "rule": .string(source.rule),
      "isExcess": source.isExcess ? .bool(true) : nil,
      "file": source.place.map { .string($0.file) },
      "line": source.place.map { .number($0.line) },
      "owner": source.owner.map { .string($0) },
      "ticket": source.ticket.map { .string($0) },
    ])
  }

  private static func hardware(_ address: [UInt8]) -> String {
    address.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }

  private static let flagNames = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"]

  private static func flags(_ bits: UInt8) -> [String] {
    flagNames.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element)
  }
}
