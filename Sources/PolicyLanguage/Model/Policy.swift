package import Diagnostics

/// What the user wrote, typed: all files merged, variables replaced, names not yet looked up.
///
/// Includes come first, in order, depth first. Order inside every list is the order of the text.
package struct Policy: Sendable {
  package var name: Located<String>
  package var description: Located<String>?
  package var owner: Located<String>?
  package var role: Located<Role>
  package var table: Located<String>
  package var priority: Located<Int>
  package var users: [UserDeclaration]
  package var zones: [ZoneDeclaration]
  package var networks: [NetworkDeclaration]
  /// Built-in services come first, then the user's own; an override replaces in place.
  package var services: [ServiceDeclaration]
  package var defaults: Defaults
  package var inbound: RuleSection
  package var forward: RuleSection
  package var outbound: RuleSection
  package var smtpEgress: SMTPEgressDeclaration?
  package var tests: [TestDeclaration]
  /// Variables of any file's `variables` that nothing refers to, at their keys.
  package var unusedVariables: [Located<String>]
  /// The files whose rows templates were made for, by display name.
  package var inventoryFiles: [String: SourceFileID]

  package init(name: Located<String>, role: Located<Role>) {
    self.name = name
    self.role = role
    table = Located("fwpolicy", name.span)
    priority = Located(0, name.span)
    users = []
    zones = []
    networks = []
    services = []
    defaults = Defaults()
    inbound = RuleSection()
    forward = RuleSection()
    outbound = RuleSection()
    tests = []
    unusedVariables = []
    inventoryFiles = [:]
  }
}

/// A name for a user id; no user database is ever read.
package struct UserDeclaration: Sendable {
  package var name: Located<String>
  package var uid: Located<UInt32>

  package init(name: Located<String>, uid: Located<UInt32>) {
    self.name = name
    self.uid = uid
  }
}

package enum Role: String, Sendable, CaseIterable {
  case host
  case router
}

package struct Defaults: Sendable {
  package var outbound: Located<OutboundDefault>?
  package var invalid: Located<InvalidHandling>?
  package var log: LogDeclaration?

  package init() {}
}

package enum OutboundDefault: String, Sendable, CaseIterable {
  case allow
  case deny
}

/// What becomes of packets that conntrack calls invalid.
package enum InvalidHandling: String, Sendable, CaseIterable {
  case deny
  case `continue`
}

/// A section's rules, groups already dissolved, and its own log setting.
package struct RuleSection: Sendable {
  package var rules: [RuleDeclaration]
  /// The span of the section's key, for diagnostics about the section as a whole.
  package var keySpan: SourceSpan?
  package var log: LogDeclaration?

  package init(rules: [RuleDeclaration] = [], keySpan: SourceSpan? = nil) {
    self.rules = rules
    self.keySpan = keySpan
  }
}

package struct ZoneDeclaration: Sendable {
  package var name: Located<String>
  package var interfaces: [Located<InterfacePattern>]
  package var kind: Located<ZoneKind>?
  package var networks: EndpointExpression?
  package var invalid: Located<InvalidHandling>?
  package var antiSpoofing: Located<[AntiSpoofing]>?
  package var waivers: [Waiver]
  /// The whole entry.
  package var span: SourceSpan

  package init(
    name: Located<String>, interfaces: [Located<InterfacePattern>], kind: Located<ZoneKind>? = nil,
    networks: EndpointExpression? = nil, invalid: Located<InvalidHandling>? = nil,
    antiSpoofing: Located<[AntiSpoofing]>? = nil, waivers: [Waiver] = [], span: SourceSpan
  ) {
    self.name = name
    self.interfaces = interfaces
    self.kind = kind
    self.networks = networks
    self.invalid = invalid
    self.antiSpoofing = antiSpoofing
    self.waivers = waivers
    self.span = span
  }
}

package enum ZoneKind: String, Sendable, CaseIterable {
  case outside
  case clients
  case servers
  case management
  case containers
  case tunnel
}

/// nftables: `iifname`, `oifname`.
///
/// At most 15 bytes, as IFNAMSIZ in linux/if.h counts the NUL.
package struct InterfacePattern: Hashable, Sendable {
  /// The name, or the part before the trailing `*`.
  package var stem: String
  package var isWildcard: Bool

  package init(stem: String, isWildcard: Bool) {
    self.stem = stem
    self.isWildcard = isWildcard
  }

  package func matches(_ interface: String) -> Bool {
    isWildcard
      ? interface.utf8.starts(with: stem.utf8) : interface.utf8.elementsEqual(stem.utf8)
  }

  package var text: String { isWildcard ? stem + "*" : stem }
}

package enum AntiSpoofing: String, Sendable, CaseIterable {
  case networks
  case reversePath = "reverse-path"
  case off
}

/// A named network, as written.
package struct NetworkDeclaration: Sendable {
  package enum Source: Sendable {
    case of(EndpointExpression)
    /// A prefix list: one prefix, address or range a line, `#` comments.
    case file(Located<String>)
    case csv(path: Located<String>, column: Located<String>, where: [ColumnCondition])
    /// Filled while the policy is in force.
    case dynamic(KeepingDeclaration)
  }

  package var name: Located<String>
  package var source: Source
  package var networkClass: Located<NetworkClass>?
  package var mayBeEmpty: Located<Bool>?
  package var atLeast: Located<Int>?
  package var waivers: [Waiver]
  package var span: SourceSpan

  package init(
    name: Located<String>, source: Source, networkClass: Located<NetworkClass>? = nil,
    mayBeEmpty: Located<Bool>? = nil, atLeast: Located<Int>? = nil, waivers: [Waiver] = [],
    span: SourceSpan
  ) {
    self.name = name
    self.source = source
    self.networkClass = networkClass
    self.mayBeEmpty = mayBeEmpty
    self.atLeast = atLeast
    self.waivers = waivers
    self.span = span
  }
}

/// `where: { pool: business }`: the column equals one of the values.
package struct ColumnCondition: Sendable {
  package var column: Located<String>
  package var values: [Located<String>]

  package init(column: Located<String>, values: [Located<String>]) {
    self.column = column
    self.values = values
  }
}

package enum NetworkClass: String, Sendable, CaseIterable {
  case residential
  case dynamic
  case business
  case hosting
  case infrastructure
}

/// The text of a `from`, a `to`, a network's list or a zone's networks.
package indirect enum EndpointExpression: Sendable {
  /// A name (`any` and `self` included) or a literal: prefix, address, range.
  case term(Located<String>)
  case union([EndpointExpression], SourceSpan)
  /// `{ zone: …, network: …, except: … }`.
  case restricted(
    zone: EndpointExpression?, network: EndpointExpression?, except: EndpointExpression?,
    SourceSpan)

  package var span: SourceSpan {
    switch self {
    case .term(let term): term.span
    case .union(_, let span): span
    case .restricted(_, _, _, let span): span
    }
  }
}

/// The text of a service: names and literals.
package struct ServiceExpression: Sendable {
  package var terms: [Located<String>]
  package var span: SourceSpan

  package init(terms: [Located<String>], span: SourceSpan) {
    self.terms = terms
    self.span = span
  }
}

package struct ServiceDeclaration: Sendable {
  package var name: Located<String>
  package var of: ServiceExpression
  package var description: Located<String>?
  /// Where the numbers come from: an RFC or a registry.
  package var source: Located<String>?
  package var helper: Located<ConntrackHelper>?
  package var isOverride: Bool
  package var isBuiltIn: Bool

  package init(
    name: Located<String>, of: ServiceExpression, description: Located<String>? = nil,
    source: Located<String>? = nil, helper: Located<ConntrackHelper>? = nil,
    isOverride: Bool = false, isBuiltIn: Bool = false
  ) {
    self.name = name
    self.of = of
    self.description = description
    self.source = source
    self.helper = helper
    self.isOverride = isOverride
    self.isBuiltIn = isBuiltIn
  }
}

/// A conntrack helper that the kernel has.
///
/// The raw value is the module's own name.
package enum ConntrackHelper: String, Hashable, Sendable, CaseIterable {
  case ftp
  case tftp
  case sip
}

package struct RuleDeclaration: Sendable {
  package var name: Located<String>?
  package var verdict: Located<RuleVerdict>
  package var service: ServiceExpression
  package var from: EndpointExpression?
  package var to: EndpointExpression?
  package var users: [Located<String>]?
  package var limit: Located<Limit>?
  package var published: ServiceExpression?
  package var serves: [Located<String>]
  package var log: LogDeclaration?
  package var counts: Located<Bool>?
  package var expires: Located<Timestamp>?
  package var metadata: Metadata
  package var waivers: [Waiver]
  package var span: SourceSpan

  package init(verdict: Located<RuleVerdict>, service: ServiceExpression, span: SourceSpan) {
    self.verdict = verdict
    self.service = service
    self.span = span
    serves = []
    metadata = Metadata()
    waivers = []
  }
}

package enum RuleVerdict: String, Hashable, Sendable, CaseIterable {
  case allow
  /// nftables: `drop`.
  case deny
  /// nftables: `reject with tcp reset`, and ICMP administratively prohibited otherwise.
  case reject
}

/// Text that travels with a rule into comments, diffs and reports.
package struct Metadata: Hashable, Sendable {
  package var owner: Located<String>?
  package var ticket: Located<String>?
  package var note: Located<String>?

  package init() {}
}

/// `waive: { check-name: reason }`.
package struct Waiver: Hashable, Sendable {
  package var check: Located<String>
  package var reason: Located<String>

  package init(check: Located<String>, reason: Located<String>) {
    self.check = check
    self.reason = reason
  }
}

package enum Limit: Hashable, Sendable {
  /// New connections per unit of time.
  case rate(count: UInt32, unit: RateUnit, burst: UInt32, perSource: Bool)
  /// Simultaneous connections of one source.
  case connectionsPerSource(UInt32)
}

/// nftables: the unit of a `limit rate`.
///
/// Raw values are seconds.
package enum RateUnit: UInt64, Hashable, Sendable, CaseIterable {
  case second = 1
  case minute = 60
  case hour = 3600
  case day = 86400

  package var name: String {
    switch self {
    case .second: "second"
    case .minute: "minute"
    case .hour: "hour"
    case .day: "day"
    }
  }
}

/// A `log:` key; what is nil is inherited.
package struct LogDeclaration: Sendable {
  package enum Switch: Hashable, Sendable {
    case on
    /// `log: none`.
    case none
  }

  package enum Target: Hashable, Sendable {
    case kernel
    /// nftables: `log group N` (nfnetlink_log).
    case group(UInt16)
  }

  package var `switch`: Switch
  package var to: Located<Target>?
  package var rate: Located<LogRate>?
  package var burst: Located<UInt32>?
  package var prefix: Located<String>?
  package var span: SourceSpan

  package init(_ value: Switch, span: SourceSpan) {
    self.switch = value
    self.span = span
  }
}

/// How many log messages, at most, in how long.
package struct LogRate: Hashable, Sendable {
  package var count: UInt32
  package var unit: RateUnit

  package init(count: UInt32, unit: RateUnit) {
    self.count = count
    self.unit = unit
  }
}
