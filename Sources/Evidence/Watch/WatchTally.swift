import NetworkTypes

/// What was watched so far, summed up: by who decided, by source, and the last packets.
///
/// Bounded whatever comes: of more sources than it has room for the rarer half becomes one sum.
package struct WatchTally: Sendable {
  /// The packets that one part of the policy has logged.
  package struct Rule: Sendable {
    package let origin: LogOrigin
    /// Of an unknown origin.
    package let prefix: String?
    package internal(set) var count: UInt64 = 0
    package internal(set) var rate = RateMeter()
    package internal(set) var last: Int64 = 0
  }

  /// The packets from one address, or from one /64 of IPv6.
  package struct Talker: Sendable {
    package let source: String
    package let subject: AddressSubject?
    package internal(set) var count: UInt64 = 0
    package internal(set) var last: WatchedPacket
  }

  private enum RuleKey: Hashable {
    case origin(LogOrigin)
    case prefix(String)
  }

  private enum TalkerKey: Hashable {
    case ipv4(UInt32)
    /// The upper half.
    case ipv6(UInt64)
  }

  package private(set) var total: UInt64 = 0
  package private(set) var rate = RateMeter()
  /// Messages that the kernel is known to have dropped.
  package private(set) var lost: UInt64 = 0
  /// Whether it has dropped some whose number is not known yet.
  package private(set) var losesMore = false
  /// Messages that could not be read.
  package private(set) var unreadable: UInt64 = 0
  /// The newest last.
  package private(set) var recent: [WatchEvent] = []
  /// Packets from sources that there was no room for.
  package private(set) var otherSources: UInt64 = 0
  /// Packets logged with prefixes that there was no room for.
  package private(set) var otherPrefixes: UInt64 = 0
  private var rulesByKey: [RuleKey: Rule] = [:]
  private var talkersByKey: [TalkerKey: Talker] = [:]

  private let sourceCapacity: Int
  private static let prefixCapacity = 4096
  private static let recentCapacity = 256

  package init(sourceCapacity: Int = 16_384) { self.sourceCapacity = max(2, sourceCapacity) }

  /// - Parameter second: now, on a clock that never goes back.
  package mutating func add(_ event: WatchEvent, at second: Int64) {
    total += 1
    rate.add(at: second)
    if recent.count == Self.recentCapacity { recent.removeFirst(Self.recentCapacity / 2) }
    recent.append(event)
    count(event, at: second)
    countSource(event)
  }

  /// So many messages of a group never came.
  package mutating func addLost(_ count: UInt64) {
    lost += count
    losesMore = false
  }

  /// The kernel has dropped messages, nobody knows yet how many.
  package mutating func addOverrun() { losesMore = true }

  package mutating func addUnreadable() { unreadable += 1 }

  /// By count, the most first.
  package var rules: [Rule] {
    rulesByKey.values.sorted {
      if $0.count != $1.count { return $0.count > $1.count }
      return ($0.origin.words, $0.prefix ?? "") < ($1.origin.words, $1.prefix ?? "")
    }
  }

  /// By count, the most first; at most so many.
  package func talkers(_ limit: Int) -> [Talker] {
    Array(talkersByKey.values.sorted(by: Self.isBefore).prefix(limit))
  }

  private static func isBefore(_ a: Talker, _ b: Talker) -> Bool {
    a.count != b.count ? a.count > b.count : a.source < b.source
  }

  private mutating func count(_ event: WatchEvent, at second: Int64) {
    var prefix: String?
    if case .unknown = event.origin { prefix = event.packet.prefix }
    let key = prefix.map { RuleKey.prefix($0) } ?? .origin(event.origin)
    if rulesByKey[key] == nil, rulesByKey.count >= Self.prefixCapacity {
      otherPrefixes += 1
      return
    }
    var rule = rulesByKey[key] ?? Rule(origin: event.origin, prefix: prefix)
    rule.count += 1
    rule.rate.add(at: second)
    rule.last = event.packet.microseconds
    rulesByKey[key] = rule
  }

  private mutating func countSource(_ event: WatchEvent) {
    guard let headers = event.packet.headers else { return }
    let key: TalkerKey
    let name: String
    switch headers.addresses {
    case .ipv4(let source, _):
      key = .ipv4(source.bits)
      name = source.description
    case .ipv6(let source, _):
      key = .ipv6(UInt64(source.bits >> 64))
      name = IPv6Address(bits: (source.bits >> 64) << 64).description + "/64"
    }
    if talkersByKey[key] == nil, talkersByKey.count >= sourceCapacity { makeRoom() }
    var talker =
      talkersByKey[key] ?? Talker(source: name, subject: event.source, last: event.packet)
    talker.count += 1
    talker.last = event.packet
    talkersByKey[key] = talker
  }

  private mutating func makeRoom() {
    let sorted = talkersByKey.sorted { Self.isBefore($0.value, $1.value) }
    for (key, talker) in sorted.dropFirst(sourceCapacity / 2) {
      otherSources += talker.count
      talkersByKey[key] = nil
    }
  }
}
