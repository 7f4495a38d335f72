/// One nftables table of family `inet`: everything that a policy compiles to.
///
/// Names are final: legal and unique. Order matters and is kept: objects, then sets and maps, then
/// chains; a chain may name any other chain whatever the order.
package struct Table: Hashable, Sendable {
  package var name: String
  package var comment: String?
  package var objects: [Object]
  package var sets: [NamedSet]
  package var chains: [Chain]
  package var origin: Origin

  package init(
    name: String, comment: String? = nil, objects: [Object] = [], sets: [NamedSet] = [],
    chains: [Chain] = [], origin: Origin
  ) {
    self.name = name
    self.comment = comment
    self.objects = objects
    self.sets = sets
    self.chains = chains
    self.origin = origin
  }
}

/// Why an object is there: an index into a list that belongs to whoever built the table.
package struct Origin: Hashable, Sendable {
  package var index: Int

  package init(index: Int) { self.index = index }
}

/// A stateful object that rules name.
package struct Object: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// nftables: `counter`.
    case counter
    /// nftables: `ct helper`, `type` the helper's name; of the table's family (inet).
    case ctHelper(type: String, transport: Transport)
  }

  /// The transport of a helper.
  ///
  /// Raw values are IP protocol numbers.
  package enum Transport: UInt8, Hashable, Sendable {
    case tcp = 6
    case udp = 17
  }

  package var name: String
  package var kind: Kind
  /// What a counter begins with over netlink, where it takes over from one of the same name; the text
  /// and JSON forms begin at zero.
  package var startingCount: CounterValue?
  package var comment: String?
  package var origin: Origin

  package init(name: String, kind: Kind, comment: String? = nil, origin: Origin) {
    self.name = name
    self.kind = kind
    self.comment = comment
    self.origin = origin
  }
}

/// What a counter has counted.
package struct CounterValue: Hashable, Sendable {
  package var packets: UInt64
  package var bytes: UInt64

  package init(packets: UInt64, bytes: UInt64) {
    self.packets = packets
    self.bytes = bytes
  }
}

package struct Chain: Hashable, Sendable {
  package var name: String
  /// Where the kernel enters it; nil for a chain that is only jumped to.
  package var base: BaseChain?
  package var comment: String?
  package var rules: [Rule]
  package var origin: Origin

  package init(
    name: String, base: BaseChain? = nil, comment: String? = nil, rules: [Rule] = [],
    origin: Origin
  ) {
    self.name = name
    self.base = base
    self.comment = comment
    self.rules = rules
    self.origin = origin
  }
}

/// Where a chain hooks into the kernel: `type filter hook … priority …; policy …;`.
package struct BaseChain: Hashable, Sendable {
  /// Raw values are enum nf_inet_hooks, linux/netfilter.h.
  package enum Hook: UInt32, Hashable, Sendable {
    case prerouting = 0
    case input = 1
    case forward = 2
    case output = 3

    package var name: String {
      switch self {
      case .prerouting: "prerouting"
      case .input: "input"
      case .forward: "forward"
      case .output: "output"
      }
    }
  }

  package enum Policy: UInt32, Hashable, Sendable {
    case drop = 0
    case accept = 1
  }

  package var hook: Hook
  /// Absolute: 0 is `filter`, -300 is `raw`.
  package var priority: Int32
  package var policy: Policy

  package init(hook: Hook, priority: Int32, policy: Policy) {
    self.hook = hook
    self.priority = priority
    self.policy = policy
  }
}

package struct Rule: Hashable, Sendable {
  package var statements: [Statement]
  package var comment: String?
  package var origin: Origin

  package init(_ statements: [Statement], comment: String? = nil, origin: Origin) {
    self.statements = statements
    self.comment = comment
    self.origin = origin
  }
}

/// nftables: a verdict statement, or the value of a verdict map.
package enum Verdict: Hashable, Sendable {
  case accept
  case drop
  case `return`
  case jump(String)
  case goto(String)
}
