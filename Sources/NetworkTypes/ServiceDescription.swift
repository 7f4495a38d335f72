extension ServiceSet: CustomStringConvertible {
  /// Its parts for people, in a stable order, joined by `, `; `any`, or `none`.
  ///
  /// Ports, types and single protocols are written as service literals. A run of protocols is
  /// `proto/a-b` and a run of codes `icmp/TYPE/a-b`, which no literal can say.
  package var description: String {
    if isAny { return "any" }
    if isEmpty { return "none" }
    var parts: [String] = []
    for (ipProtocol, set) in ports.sorted(by: { $0.key < $1.key }) {
      for interval in set.intervals { parts.append("\(ipProtocol)/\(run(interval))") }
    }
    parts += typeParts(icmp, family: .ipv4, label: "icmp")
    parts += typeParts(icmpv6, family: .ipv6, label: "icmpv6")
    for interval in protocols.intervals {
      let isOne = interval.lower == interval.upper
      parts.append(
        isOne ? "proto/\(IPProtocol(number: interval.lower))" : "proto/\(run(interval))")
    }
    return parts.joined(separator: ", ")
  }

  /// One part for each type: an interval of `type << 8 | code` may span several.
  private func typeParts(_ set: IntervalSet<UInt16>, family: AddressFamily, label: String)
    -> [String]
  {
    var parts: [String] = []
    for interval in set.intervals {
      for number in UInt8(interval.lower >> 8)...UInt8(interval.upper >> 8) {
        let type = ICMPType(number, family: family)
        let lower = UInt8(max(interval.lower, type.allCodes.lower) & 0xff)
        let upper = UInt8(min(interval.upper, type.allCodes.upper) & 0xff)
        if lower == 0, upper == 0xff {
          parts.append("\(label)/\(type)")
        } else if lower == upper {
          parts.append("\(label)/\(type)/\(type.codeName(lower) ?? String(lower))")
        } else {
          parts.append("\(label)/\(type)/\(lower)-\(upper)")
        }
      }
    }
    return parts
  }

  private func run<Bound>(_ interval: IntervalSet<Bound>.Interval) -> String {
    interval.lower == interval.upper
      ? "\(interval.lower)" : "\(interval.lower)-\(interval.upper)"
  }
}
