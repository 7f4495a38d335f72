package import PacketSpace

/// Where a limiter stands in a table.
package enum LimiterPlace: Hashable, Sendable {
  /// A dynamic set, whatever rules use it.
  case set(String)
  /// The `limit` statement of a rule.
  case rule(chain: String, index: Int, origin: Origin)
}

/// A set that packets are recorded in, and what of a packet is.
package struct RecordPlace: Hashable, Sendable, CustomStringConvertible {
  package var set: String
  package var side: AddressSide
  /// Of the address, in bits.
  package var prefixLength: Int

  package init(set: String, _ side: AddressSide, prefixLength: Int) {
    self.set = set
    self.side = side
    self.prefixLength = prefixLength
  }

  /// For example `set seen-6 by source/64`.
  package var description: String { "set \(set) by \(side.rawValue)/\(prefixLength)" }
}

/// What a table does to every packet, as the kernel runs it.
///
/// Written from what the kernel does with each statement, and from nothing that a policy says.
///
/// On a path the base chains run by priority: prerouting and then input, prerouting and then
/// forward, or output. An `accept` ends its own base chain only; a drop or reject ends the packet.
/// A match that fails, or a field that a packet does not have, ends the rule, but what the rule has
/// already done stays done.
package struct RulesetMeaning: Hashable, Sendable {
  /// Answers numbers of outcomes; 0 where no packet can be.
  package let diagram: Diagram

  /// The meaning of a table over the packets of `possible`.
  ///
  /// - Parameters:
  ///   - interfaces: must tell apart every name and pattern of the table.
  ///   - possible: the packets to answer for; others get 0.
  ///   - limiter: the number of the dimension of a limiter; nil if it has none, which is an error.
  ///   - network: the number of the network whose members a set holds that is filled at run time; nil
  ///     if it has none, which is an error where the set is looked up.
  ///   - record: the name that a record has in outcomes.
  ///   - numbering: gets a number for each outcome that occurs; its number 0 must be, or become, nil.
  ///
  /// n log n in rules and elements that lie apart.
  package init(
    of table: Table, in arena: PacketArena, interfaces: InterfaceClasses, possible: PacketSet,
    limiter: @escaping (LimiterPlace) -> Int?, network: @escaping (String) -> Int? = { _ in nil },
    record: @escaping (RecordPlace) -> String = { "\($0)" }, numbering: inout Numbering<Outcome?>
  ) throws(RulesetMeaningError) {
    let none = numbering.number(of: nil)
    precondition(none == 0, "number 0 is for what no packet can be")
    let interpreter = try RulesetInterpreter(
      of: TableIndex(table), in: arena, interfaces: interfaces, limiter: limiter, network: network,
      record: record)
    diagram = try interpreter.outcomes(over: possible, numbering: &numbering)
  }
}
