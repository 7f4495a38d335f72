/// What one has read, or is about to read, of a table of family inet, and since when.
///
/// It holds while nobody commits; and, where somebody listens, while what others commit does not
/// concern it.
package struct RulesetReading: Hashable, Sendable {
  /// Sets whose elements are of what was read; everything else of the table always is.
  package enum Elements: Hashable, Sendable {
    case none
    case of(Set<String>)
    case allBut(Set<String>)
  }

  /// The latest generation of the ruleset at which it is known to hold.
  package private(set) var generation: UInt32
  package let table: String
  package internal(set) var elements: Elements
  /// Where in what is heard it begins; nil where it holds at its generation only.
  private var beginning: Int?

  /// Of a generation, and of no other.
  package init(ofTable table: String, generation: UInt32) {
    self.table = table
    self.generation = generation
    elements = .none
  }

  /// Begins to read; what follows sees every commit up to the generation.
  package init(
    ofTable table: String, elements: Elements,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) {
    self.table = table
    self.elements = elements
    generation = try Dump.generation(transport)
    try Dump.settle(transport)
    if let listener = transport.listener, listener.isListening {
      beginning = listener.hear().position
    }
  }

  /// It is of what these sets hold, too.
  package mutating func include(_ sets: Set<String>) {
    elements =
      switch elements {
      case .none: .of(sets)
      case .of(let others): .of(others.union(sets))
      case .allBut(let others): .allBut(others.subtracting(sets))
      }
  }

  /// Whether what was read still is as it was; then at the ruleset's present generation.
  package mutating func renew(
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Bool {
    try Dump.settle(transport)
    let now = try Dump.generation(transport)
    if now == generation { return true }
    // A commit shows its generation before it tells what it has changed, and is not over until then.
    try Dump.settle(transport)
    guard let beginning, let listener = transport.listener, listener.isListening,
      listener.hear().isQuiet(since: beginning, concerns)
    else { return false }
    generation = now
    return true
  }

  /// Whether a change is of what was read.
  func concerns(_ change: RulesetChange) -> Bool {
    guard change.table == table, change.family == UInt8(MessageHeader.inet) else { return false }
    guard let set = change.set else { return true }
    return switch elements {
    case .none: false
    case .of(let sets): sets.contains(set)
    case .allBut(let sets): !sets.contains(set)
    }
  }
}

extension Dump {
  /// What is read of a table as it is at one time, asked again where others change that meanwhile.
  ///
  /// The kernel walks a set without a lock: while others commit, it may list an element that goes
  /// beside one that comes, and says so only between two datagrams of a dump. From the second attempt
  /// on, commits to anything else do no harm.
  ///
  /// - Parameter read: keeps what interrupted dumps give, and says what of the table's parts it has
  ///   counted; nil where it lists none.
  static func steadily<Result>(
    _ table: String, elements: RulesetReading.Elements,
    _ transport: borrowing some NetlinkTransport & ~Copyable,
    _ read: (inout RulesetReading) throws(NetlinkError) -> (Result, TableParts.Tally?)
  ) throws(NetlinkError) -> (result: Result, reading: RulesetReading) {
    var patience = ListeningPatience(transport)
    var judge = TableParts.Judge()
    while true {
      var reading = try RulesetReading(ofTable: table, elements: elements, transport)
      var result: Result?
      var failure: NetlinkError?
      do throws(NetlinkError) {
        let generation = reading.generation
        let (found, tally) = try read(&reading)
        if tally.map({ judge.isWhole($0, at: generation) }) ?? true { result = found }
      } catch {
        failure = error
      }
      if try reading.renew(transport) {
        if let failure { throw failure }
        if let result { return (result, reading) }
      }
      guard patience.lasts() else { throw .dumpInterrupted }
    }
  }
}
