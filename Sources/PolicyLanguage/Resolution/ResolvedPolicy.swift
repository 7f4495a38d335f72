package import Diagnostics
package import NetworkTypes

/// What a policy says, names gone: sets of addresses, zones by index, services by number.
///
/// Values keep the spans of their use, for comments and diagnostics.
package struct ResolvedPolicy: Sendable {
  package var name: String
  package var owner: String?
  package var role: Role
  package var table: String
  /// nftables: offset to `filter` (0) of the filter base chains.
  package var priority: Int
  package var zones: [ResolvedZone]
  package var networks: [ResolvedNetwork]
  /// Networks that are filled while the policy is in force, in the order of the text.
  package var dynamicNetworks: [ResolvedDynamicNetwork]
  /// Every service that has a name, built-in ones included, by name; for those who write of packets.
  package var services: [String: ServiceSet]
  package var outboundDefault: OutboundDefault
  package var invalid: InvalidHandling
  package var inbound: ResolvedSection
  /// Nil on a host without containers: forwarded traffic is none of its business.
  package var forward: ResolvedSection?
  package var outbound: ResolvedSection
  package var smtpEgress: ResolvedSMTPEgress?
  /// Of the anti-spoofing drops.
  package var antiSpoofingLog: ResolvedLog?
  /// They compile to nothing.
  package var tests: [ResolvedTest]
  /// Warnings of resolution that waivers have silenced.
  package var waived: [WaivedDiagnostic]
  /// The waivers that have.
  package var usedWaivers: [Waiver]
  package var nameSpan: SourceSpan

  package init(name: String, role: Role, nameSpan: SourceSpan) {
    self.name = name
    self.role = role
    self.nameSpan = nameSpan
    table = "fwpolicy"
    priority = 0
    zones = []
    networks = []
    dynamicNetworks = []
    services = [:]
    outboundDefault = .allow
    invalid = .deny
    inbound = ResolvedSection()
    outbound = ResolvedSection()
    tests = []
    waived = []
    usedWaivers = []
  }

  /// The zone that owns an interface by the most exact pattern: the exact name, then the longest
  /// `prefix*`.
  ///
  /// Nil where no zone does.
  package func zone(ofInterface name: String) -> Int? {
    var best: (zone: Int, length: Int, exact: Bool)?
    for (index, zone) in zones.enumerated() {
      for pattern in zone.interfaces where pattern.value.matches(name) {
        let candidate = (index, pattern.value.stem.utf8.count, !pattern.value.isWildcard)
        if let known = best, known.exact || (!candidate.2 && known.length >= candidate.1) {
          continue
        }
        best = (zone: candidate.0, length: candidate.1, exact: candidate.2)
      }
    }
    return best?.zone
  }
}

package struct ResolvedZone: Sendable {
  package var name: Located<String>
  package var interfaces: [Located<InterfacePattern>]
  package var kind: ZoneKind?
  /// The addresses that live behind it; nil where it lists none.
  package var networks: AddressSet?
  package var invalid: InvalidHandling
  /// Defaults applied; `.off` is the empty set.
  package var antiSpoofing: Set<AntiSpoofing>

  package init(
    name: Located<String>, interfaces: [Located<InterfacePattern>], kind: ZoneKind?,
    networks: AddressSet?, invalid: InvalidHandling, antiSpoofing: Set<AntiSpoofing>
  ) {
    self.name = name
    self.interfaces = interfaces
    self.kind = kind
    self.networks = networks
    self.invalid = invalid
    self.antiSpoofing = antiSpoofing
  }
}

package struct ResolvedNetwork: Sendable {
  package var name: Located<String>
  package var addresses: AddressSet
  package var networkClass: NetworkClass?

  package init(name: Located<String>, addresses: AddressSet, networkClass: NetworkClass?) {
    self.name = name
    self.addresses = addresses
    self.networkClass = networkClass
  }
}

/// A network that is filled while the policy is in force: `fwpolicy add NAME ADDRESS`.
///
/// What is in it is no part of the policy.
package struct ResolvedDynamicNetwork: Hashable, Sendable {
  /// As many as a policy may have.
  package static let maximumCount = 64

  package var name: Located<String>
  /// How long an entry stays that brings no time of its own; nil until it is removed.
  package var keepSeconds: UInt64?
  /// Entries of each address family, at most.
  package var capacity: UInt32

  package init(name: Located<String>, keepSeconds: UInt64?, capacity: UInt32) {
    self.name = name
    self.keepSeconds = keepSeconds
    self.capacity = capacity
  }
}

/// Networks that are filled while the policy is in force, by name: an address is in all of some and
/// in none of others.
package struct DynamicMembership: Hashable, Sendable {
  /// Sorted, unique.
  package var inside: [String]
  package var outside: [String]

  package init(inside: [String] = [], outside: [String] = []) {
    self.inside = Set(inside).sorted()
    self.outside = Set(outside).sorted()
  }

  package var isEmpty: Bool { inside.isEmpty && outside.isEmpty }

  /// Every network that it speaks of.
  package var names: [String] { inside + outside }

  /// Whether no address can be so.
  package var isContradictory: Bool { inside.contains { outside.contains($0) } }

  package func intersection(_ other: DynamicMembership) -> DynamicMembership {
    DynamicMembership(inside: inside + other.inside, outside: outside + other.outside)
  }
}

/// A set of zones by index in `ResolvedPolicy.zones`, and of the interfaces that belong to none.
package struct ZoneSet: Hashable, Sendable {
  /// Sorted, unique indices.
  package var zones: [Int]
  /// Interfaces that belong to no zone.
  package var others: Bool

  package init(zones: [Int], others: Bool) {
    self.zones = zones
    self.others = others
  }

  package func contains(_ zone: Int?) -> Bool {
    guard let zone else { return others }
    var low = 0
    var high = zones.count
    while low < high {
      let middle = (low + high) / 2
      if zones[middle] < zone { low = middle + 1 } else { high = middle }
    }
    return low < zones.count && zones[low] == zone
  }
}

/// One end of a packet: which interface it uses and which address it has.
///
/// `parts` have disjoint zone sets and non-empty address sets; what no part holds is outside. On
/// the side that sees no interface (inbound `to`, outbound `from`) there is at most one part, over
/// every zone.
package struct ResolvedEndpoint: Hashable, Sendable {
  package struct Part: Hashable, Sendable {
    package var zones: ZoneSet
    package var addresses: AddressSet

    package init(zones: ZoneSet, addresses: AddressSet) {
      self.zones = zones
      self.addresses = addresses
    }
  }

  package var parts: [Part]
  /// What else holds of every address of it; nothing where there are no parts.
  package var members: DynamicMembership

  package init(parts: [Part], members: DynamicMembership = DynamicMembership()) {
    self.parts = parts
    self.members = parts.isEmpty ? DynamicMembership() : members
  }

  /// The addresses that go with a zone (nil: an interface of no zone); empty if none do.
  ///
  /// Those of them that are as `members` wants.
  package func addresses(in zone: Int?) -> AddressSet {
    parts.first { $0.zones.contains(zone) }?.addresses ?? AddressSet()
  }
}

package struct ResolvedSection: Sendable {
  package var rules: [ResolvedRule]
  /// Of the section's default deny; nil where it is silenced or where the default is to accept.
  package var defaultLog: ResolvedLog?
  package var keySpan: SourceSpan?

  package init(
    rules: [ResolvedRule] = [], defaultLog: ResolvedLog? = nil, keySpan: SourceSpan? = nil
  ) {
    self.rules = rules
    self.defaultLog = defaultLog
    self.keySpan = keySpan
  }
}

package struct ResolvedRule: Sendable {
  /// Unique in the policy; given or derived from the content.
  package var name: String
  package var verdict: RuleVerdict
  package var from: ResolvedEndpoint
  package var to: ResolvedEndpoint
  package var service: ServiceSet
  /// The ports before destination NAT that it matches instead of `service`; forward on a host.
  package var published: ServiceSet?
  /// Helpers of the services that the rule allows by name, each with the packets it is attached to.
  package var helpers: [HelperUse]
  /// Sorted user ids, or nil for any packet.
  package var users: [UInt32]?
  package var limit: Limit?
  package var serves: [String]
  /// Of the packets that the rule decides; on a rule with a limit, of those it lets pass.
  package var log: ResolvedLog?
  /// Of what exceeds the limit.
  package var excessLog: ResolvedLog?
  package var counts: Bool
  package var expires: Timestamp?
  package var owner: String?
  package var ticket: String?
  package var note: String?
  package var waivers: [Waiver]
  /// The whole rule.
  package var span: SourceSpan

  package init(
    name: String, verdict: RuleVerdict, from: ResolvedEndpoint, to: ResolvedEndpoint,
    service: ServiceSet, span: SourceSpan
  ) {
    self.name = name
    self.verdict = verdict
    self.from = from
    self.to = to
    self.service = service
    self.span = span
    helpers = []
    serves = []
    counts = false
    waivers = []
  }
}

package struct HelperUse: Hashable, Sendable {
  package var helper: ConntrackHelper
  package var service: ServiceSet

  package init(helper: ConntrackHelper, service: ServiceSet) {
    self.helper = helper
    self.service = service
  }
}

/// A log statement, all inheritance done.
package struct ResolvedLog: Hashable, Sendable {
  package var to: LogDeclaration.Target
  package var rate: LogRate
  package var burst: UInt32
  /// Complete, `fwpolicy/SECTION/RULE/VERDICT: ` or the author's own; at most 127 bytes and free of
  /// quotes, backslashes, dollar signs and control characters.
  package var prefix: String

  package init(to: LogDeclaration.Target, rate: LogRate, burst: UInt32, prefix: String) {
    self.to = to
    self.rate = rate
    self.burst = burst
    self.prefix = prefix
  }
}

/// The sets in which the gate's blocked sources are recorded: how long each stays after its last
/// packet, and how many there can be of each address family.
package struct Offenders: Hashable, Sendable {
  package var keepSeconds: UInt64
  package var capacity: UInt32

  package init(keepSeconds: UInt64, capacity: UInt32) {
    self.keepSeconds = keepSeconds
    self.capacity = capacity
  }
}

/// The gate for outbound TCP 25.
package struct ResolvedSMTPEgress: Sendable {
  /// One exception of the longest-prefix table.
  package struct Allow: Sendable {
    /// The prefixes as they were written: the longest of all exceptions' that holds a source
    /// decides.
    package var from: WrittenAddresses
    /// In forward a zone counts by output interface.
    package var to: ResolvedEndpoint
    package var expires: Timestamp?
    package var owner: String?
    package var ticket: String?
    package var note: String?
    package var span: SourceSpan

    package init(from: WrittenAddresses, to: ResolvedEndpoint, span: SourceSpan) {
      self.from = from
      self.to = to
      self.span = span
    }
  }

  /// Forwarded traffic governed by input zone: named in `clients`, or holding a governed network.
  package var clientZones: ZoneSet
  /// Forwarded traffic governed by source.
  package var clientNetworks: AddressSet
  /// Whether forwarded traffic is governed at all (`clients` or `subnets` is given).
  package var governsForward: Bool
  /// Whether this machine's own traffic is governed.
  package var governsOwn: Bool
  /// Users who may open TCP 25 anywhere, sorted.
  package var users: [UInt32]
  package var relays: ResolvedEndpoint
  package var allow: [Allow]
  /// The rows of the inventory, in the order of its files.
  package var subnets: [Subnet]
  /// Where the rows are from, in their order.
  package var inventories: [SubnetInventory]
  /// The key `subnets`; nil where there is none.
  package var subnetsSpan: SourceSpan?
  /// `.reject` or `.deny`.
  package var action: RuleVerdict
  package var log: ResolvedLog?
  /// Whether all that the gate stops is counted together.
  package var counts: Bool
  /// Whether what it stops is counted for each row of the inventory as well: for the longest row
  /// that holds the source, expired or not.
  package var countsPerSubnet: Bool
  /// Where the sources of what it stops are recorded, by IPv4 address or IPv6 /64; nil where nowhere.
  package var offenders: Offenders?
  package var relaysSpan: SourceSpan?
  package var usersSpan: SourceSpan?
  package var keySpan: SourceSpan

  package init(keySpan: SourceSpan) {
    clientZones = ZoneSet(zones: [], others: false)
    clientNetworks = AddressSet()
    governsForward = false
    governsOwn = false
    users = []
    relays = ResolvedEndpoint(parts: [])
    allow = []
    subnets = []
    inventories = []
    action = .reject
    counts = true
    countsPerSubnet = false
    self.keySpan = keySpan
  }
}
