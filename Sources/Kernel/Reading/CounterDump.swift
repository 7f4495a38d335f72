package import Nftables

extension Dump {
  /// The named counters of a table of family inet, by name.
  package static func counters(
    ofTable name: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [String: CounterValue] {
    try steadily(name, elements: .none, transport) { _ throws(NetlinkError) in
      let parts = try TableParts(of: name, transport)
      return (try counters(parts.objects), parts.tally)
    }.result
  }

  private static func counters(
    _ objects: [NetlinkReply]
  ) throws(NetlinkError) -> [String: CounterValue] {
    var counters: [String: CounterValue] = [:]
    for reply in objects {
      let attributes = try reply.attributes()
      guard let name = attributes[2], let type = attributes[3]?.networkNumber else {
        throw .malformedReply
      }
      if type != UInt64(ObjectType.counter) { continue }
      guard let data = attributes[4] else { throw .malformedReply }
      let value = try NetlinkReply.attributes(in: data)
      guard let bytes = value[1]?.networkNumber, let packets = value[2]?.networkNumber else {
        throw .malformedReply
      }
      counters[String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)] = CounterValue(
        packets: packets, bytes: bytes)
    }
    return counters
  }
}
