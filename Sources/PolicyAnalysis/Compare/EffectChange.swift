package import PolicyLanguage

/// Something other than a verdict that changes for some packets.
package struct EffectChange: Hashable, Sendable, Comparable {
  package enum Kind: Int, Hashable, Sendable, CaseIterable {
    case log
    case counter
    case limit
    case helper
    case offender
    /// How long entries of a network that is filled at run time stay, or how many there can be.
    case network
  }

  package var kind: Kind
  /// A line for people.
  package var text: String

  package init(kind: Kind, text: String) {
    self.kind = kind
    self.text = text
  }

  package static func < (a: EffectChange, b: EffectChange) -> Bool {
    (a.kind.rawValue, a.text) < (b.kind.rawValue, b.text)
  }

  /// What differs between two decisions of one verdict.
  static func changes(from old: Decision, to new: Decision) -> [EffectChange] {
    var changes: [EffectChange] = []
    let who = new.deciderWords
    func add(_ kind: Kind, _ old: String?, _ new: String?) {
      switch (old, new) {
      case (nil, nil): return
      case (let old?, let new?) where old == new: return
      case (let old?, nil): changes.append(.init(kind: kind, text: "\(who): no longer \(old)"))
      case (nil, let new?): changes.append(.init(kind: kind, text: "\(who): now \(new)"))
      case (let old?, let new?):
        changes.append(.init(kind: kind, text: "\(who): now \(new); before, \(old)"))
      }
    }
    add(.log, old.log?.words, new.log?.words)
    add(.counter, old.counter?.words, new.counter?.words)
    add(
      .limit, old.limiter.map { "within the limit of `\($0)`" },
      new.limiter.map { "within the limit of `\($0)`" })
    add(.helper, old.helper?.words, new.helper?.words)
    let recorded = "recorded among the offenders"
    add(
      .offender, old.recordsOffender ? recorded : nil, new.recordsOffender ? recorded : nil)
    return changes
  }
}

extension ResolvedLog {
  fileprivate var words: String {
    let target =
      switch to {
      case .kernel: "the kernel log"
      case .group(let number): "group \(number)"
      }
    return "logged as \"\(prefix)\" to \(target), \(rate.count)/\(rate.unit.name) burst \(burst)"
  }
}

extension Decision.Counter {
  fileprivate var words: String {
    switch self {
    case .antiSpoofing(let zone): "counted as spoofed in zone `\(zone)`"
    case .invalid(let path): "counted as invalid \(path.rawValue)"
    case .smtpEgress: "counted by the gate"
    case .rule(let name): "counted by rule `\(name)`"
    case .limitExcess(let rule): "counted as excess of rule `\(rule)`"
    case .sectionDefault(let path): "counted by the \(path.rawValue) default"
    }
  }
}

extension Decision.AttachedHelper {
  fileprivate var words: String { "attached to helper \(type.rawValue) over \(transport)" }
}

extension Limit: CustomStringConvertible {
  /// As it is written: `30/minute burst 5 per source`.
  package var description: String {
    switch self {
    case .rate(let count, let unit, let burst, let perSource):
      "\(count)/\(unit.name) burst \(burst)" + (perSource ? " per source" : "")
    case .connectionsPerSource(let count): "\(count) connections per source"
    }
  }
}
