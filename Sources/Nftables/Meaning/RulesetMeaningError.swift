package import PacketSpace

/// A table that the interpreter does not understand, and where.
///
/// Never a guess: what the kernel would do differently by version, by hook or by the bytes of a
/// packet is an error too.
package struct RulesetMeaningError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// Two chains, sets or objects of one name.
    case duplicateName(String)
    case missingChain(String)
    case missingSet(String)
    case missingObject(String)
    /// A jump or goto to a chain that the kernel enters itself.
    case jumpToBaseChain(String)
    /// A chain that reaches itself.
    case loop(String)
    /// More than 16 chains on the way from a base chain; goto counts.
    case nestingTooDeep
    /// Two base chains of one hook and one priority: which runs first depends on how they are loaded.
    case equalPriorities(String, String)
    /// A field that cannot stand in this statement, or whose comparison no dimension tells apart.
    case unusableField(Field)
    /// A field is read of packets that may not have it, or have something else in its place; an
    /// earlier match of the same rule must exclude them.
    case fieldNotEstablished(Field)
    /// A statement that needs what the kernel does not know yet, or has not at all, at this hook.
    case notAtThisHook
    /// A value that its field cannot hold, or a prefix with bits below its length.
    case valueOutOfRange
    /// An anonymous set or a list of states without members, or with one twice.
    case badAnonymousSet
    /// An interface name that the analysis does not tell apart from others.
    case unknownInterface(String)
    /// A look-up in a map, a verdict map of a set, a look-up in what the packet path fills, or a
    /// dynamic statement for a set of another kind.
    case wrongSetKind(String)
    /// The fields of a look-up are not those of the set.
    case keyMismatch(String)
    /// Over 64 bytes, each type padded to four.
    case keyTooLong(String)
    /// An element without the set's fields, or with a value beyond their types.
    case badElement(String)
    case overlappingElements(String)
    /// A `limit`, or a dynamic set, that the caller does not know.
    case unknownLimiter
    /// A set that is filled at run time, and whose members the caller does not know.
    case unknownNetwork(String)
    /// Two `limit` statements in one rule: nothing tells them apart.
    case severalLimits
    /// `reject with tcp reset` where the rule has not matched TCP.
    case resetWithoutTCP
    /// Statements after a verdict or reject, or a rule without any.
    case badRuleShape
    case packetSpace(PacketSpaceError)
  }

  package var kind: Kind
  /// The chain, or the set or object where it is not about a chain.
  package var name: String
  /// The place of the rule in its chain.
  package var rule: Int?
  package var origin: Origin

  package init(_ kind: Kind, name: String, rule: Int? = nil, origin: Origin) {
    self.kind = kind
    self.name = name
    self.rule = rule
    self.origin = origin
  }

  package var description: String {
    "\(name)\(rule.map { " rule \($0)" } ?? ""): \(kind)"
  }
}
