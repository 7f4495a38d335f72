import NetworkTypes

/// The space of packet destinations cut into regions on each of which the same rules apply.
///
/// A region's `rules` are indices into the list of services given, ascending. Regions whose rules
/// are those of `rest` are left out: they fall through to it.
struct ServicePartition {
  struct PortRegion {
    let ipProtocol: IPProtocol
    let lower: UInt16
    let upper: UInt16
    let rules: [Int]
  }

  /// `type << 8 | code`.
  struct ICMPRegion {
    let lower: UInt16
    let upper: UInt16
    let rules: [Int]
  }

  /// Every packet of a protocol that no port or ICMP region of it holds.
  struct ProtocolRegion {
    let ipProtocol: IPProtocol
    let rules: [Int]
  }

  private(set) var ports: [PortRegion] = []
  private(set) var icmp: [ICMPRegion] = []
  private(set) var icmpv6: [ICMPRegion] = []
  private(set) var protocols: [ProtocolRegion] = []
  /// Rules for everything else: those that allow any protocol.
  private(set) var rest: [Int] = []

  /// - Parameter isTotal: whether a rule takes every packet of its service, so that no rule behind it
  ///   matters there.
  init(_ services: [ServiceSet], isTotal: (Int) -> Bool) {
    rest = Self.cut(services.indices.filter { services[$0].isAny }, isTotal)
    // Few services hold whole protocols: only those are asked about each of the 256.
    let withProtocols = services.indices.filter { !services[$0].protocols.isEmpty }
    var wholeProtocol: [[Int]] = []
    for number in UInt8.min...UInt8.max {
      wholeProtocol.append(withProtocols.filter { services[$0].protocols.contains(number) })
    }
    for (number, rules) in wholeProtocol.enumerated() {
      let cut = Self.cut(rules, isTotal)
      if cut != rest {
        protocols.append(
          ProtocolRegion(ipProtocol: IPProtocol(number: UInt8(number)), rules: cut))
      }
    }

    let withPorts = Set(services.flatMap { $0.ports.keys }).sorted()
    for ipProtocol in withPorts {
      let base = wholeProtocol[Int(ipProtocol.number)]
      let partial = services.indices.compactMap { index in
        services[index].ports[ipProtocol].map { (index, $0) }
      }
      for piece in Self.pieces(partial, base: base, isTotal) {
        ports.append(
          PortRegion(
            ipProtocol: ipProtocol, lower: piece.lower, upper: piece.upper, rules: piece.rules))
      }
    }
    func icmpRegions(
      _ part: (ServiceSet) -> IntervalSet<UInt16>, _ ipProtocol: IPProtocol
    ) -> [ICMPRegion] {
      let partial = services.indices.compactMap { index in
        part(services[index]).isEmpty ? nil : (index, part(services[index]))
      }
      return Self.pieces(partial, base: wholeProtocol[Int(ipProtocol.number)], isTotal).map {
        ICMPRegion(lower: $0.lower, upper: $0.upper, rules: $0.rules)
      }
    }
    icmp = icmpRegions(\.icmp, .icmp)
    icmpv6 = icmpRegions(\.icmpv6, .icmpv6)
  }

  /// A list up to its first rule that takes everything.
  private static func cut(_ rules: [Int], _ isTotal: (Int) -> Bool) -> [Int] {
    guard let end = rules.firstIndex(where: isTotal) else { return rules }
    return Array(rules[...end])
  }

  /// Stretches of the 16-bit line with equal rules, where those differ from the base's own.
  private static func pieces(
    _ partial: [(index: Int, set: IntervalSet<UInt16>)], base: [Int], _ isTotal: (Int) -> Bool
  ) -> [(lower: UInt16, upper: UInt16, rules: [Int])] {
    // Events: at this point the rule begins (true) or has ended (false).
    var events: [(at: UInt32, begins: Bool, rule: Int)] = []
    for (index, set) in partial {
      for interval in set.intervals {
        events.append((UInt32(interval.lower), true, index))
        events.append((UInt32(interval.upper) + 1, false, index))
      }
    }
    events.sort { ($0.at, $0.rule) < ($1.at, $1.rule) }
    let ownBase = cut(base, isTotal)
    var pieces: [(lower: UInt16, upper: UInt16, rules: [Int])] = []
    var active: [Int] = []
    var position = 0
    while position < events.count {
      let at = events[position].at
      while position < events.count, events[position].at == at {
        let event = events[position]
        if event.begins {
          let place = active.firstIndex { $0 > event.rule } ?? active.count
          active.insert(event.rule, at: place)
        } else if let place = active.firstIndex(of: event.rule) {
          active.remove(at: place)
        }
        position += 1
      }
      guard position < events.count, !active.isEmpty else { continue }
      let rules = cut(merge(active, base), isTotal)
      let lower = UInt16(truncatingIfNeeded: at)
      let upper = UInt16(truncatingIfNeeded: events[position].at - 1)
      if rules == ownBase { continue }
      if let last = pieces.last, last.upper != .max, last.upper + 1 == lower, last.rules == rules {
        pieces[pieces.count - 1].upper = upper
      } else {
        pieces.append((lower, upper, rules))
      }
    }
    return pieces
  }

  /// Two ascending lists as one.
  private static func merge(_ a: [Int], _ b: [Int]) -> [Int] {
    if b.isEmpty { return a }
    var result: [Int] = []
    result.reserveCapacity(a.count + b.count)
    var i = 0
    var j = 0
    while i < a.count || j < b.count {
      if j == b.count || (i < a.count && a[i] < b[j]) {
        result.append(a[i])
        i += 1
      } else {
        result.append(b[j])
        j += 1
      }
    }
    return result
  }
}
