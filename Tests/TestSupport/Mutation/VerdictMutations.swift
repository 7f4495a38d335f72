import Nftables

extension TableMutation {
  /// Edits of what a rule or a map's element does.
  static let verdicts = [
    statement("flip a rule's accept and drop") { statement, _ in
      guard case .verdict(let verdict) = statement else { return nil }
      return verdict.flipped.map { .verdict($0) }
    },
    element("flip an element's accept and drop") { element, _ in
      guard let flipped = element.verdict?.flipped else { return nil }
      return Element(element.key, flipped)
    },
    statement("accept in place of a jump") { statement, _ in
      guard case .verdict(let verdict) = statement, verdict.goesElsewhere else { return nil }
      return .verdict(.accept)
    },
    element("drop in place of an element's jump") { element, _ in
      guard let verdict = element.verdict, verdict.goesElsewhere else { return nil }
      return Element(element.key, .drop)
    },
    statement("jump in place of goto") { statement, _ in
      switch statement {
      case .verdict(.jump(let name)): .verdict(.goto(name))
      case .verdict(.goto(let name)): .verdict(.jump(name))
      default: nil
      }
    },
    statement("another kind of refusal") { statement, generator in
      let isSilent = Bool.random(using: &generator)
      switch statement {
      case .reject(.tcpReset): return isSilent ? .verdict(.drop) : .reject(.adminProhibited)
      // Without a protocol match a reset is no rule; prohibition always is.
      case .reject(.adminProhibited): return .verdict(.drop)
      case .verdict(.drop): return .reject(.adminProhibited)
      default: return nil
      }
    },
    statement("return in place of a verdict") { statement, _ in
      switch statement {
      case .verdict(.accept), .verdict(.drop): .verdict(.return)
      default: nil
      }
    },
    statement("flip a limit") { statement, _ in
      switch statement {
      case .limit(var limit):
        limit.isOver.toggle()
        return .limit(limit)
      case .dynamicSet(let operation, let key, let set, .limit(var limit)):
        limit.isOver.toggle()
        return .dynamicSet(operation, key, set: set, .limit(limit))
      default: return nil
      }
    },
    statement("another log") { statement, _ in
      guard case .log(_, let group) = statement else { return nil }
      return .log(prefix: "another ", group: group)
    },
  ]
}

extension Verdict {
  fileprivate var flipped: Verdict? {
    switch self {
    case .accept: .drop
    case .drop: .accept
    case .return, .jump, .goto: nil
    }
  }

  fileprivate var goesElsewhere: Bool {
    switch self {
    case .jump, .goto: true
    case .accept, .drop, .return: false
    }
  }
}
