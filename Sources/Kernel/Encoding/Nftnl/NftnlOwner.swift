import CNetfilter

/// Owner of an object of libnftnl's, which knows how long a message of it can be.
///
/// libnftnl writes a message without looking where its buffer ends, and copies strings, notes and
/// values of any length. So every attribute is refused here if it is longer than the kernel takes it,
/// and `bound` grows with each by the most bytes that it can become.
struct NftnlOwner<Kind: NftnlKind>: ~Copyable {
  private let pointer: OpaquePointer

  /// At least the bytes of its message.
  ///
  /// It begins with what an object is without its attributes: 20 bytes of `struct nlmsghdr` and
  /// `struct nfgenmsg`; an expression's name, 16; its nests, at most three of 4 each; a set's
  /// description, 8, with 12 for each of at most five fields. To that an attribute adds at most two
  /// nests and its header, 12, and its value, padded.
  private(set) var bound = 128

  private init(owning pointer: OpaquePointer) { self.pointer = pointer }

  /// Takes what libnftnl allocated.
  static func make(_ pointer: OpaquePointer?) throws(Unencodable) -> NftnlOwner {
    guard let pointer else { throw Unencodable.outOfMemory }
    return NftnlOwner(owning: pointer)
  }

  deinit { Kind.calls.free(pointer) }

  /// A number, in the machine's order, as wide as the attribute is.
  mutating func set<Number: NftnlNumber>(_ attribute: Kind.Attribute, _ number: Number)
    throws(Unencodable)
  {
    try take(attribute, withUnsafeBytes(of: number) { [UInt8]($0) })
  }

  /// A string; the longest name is NFT_NAME_MAXLEN without its end.
  mutating func set(_ attribute: Kind.Attribute, _ text: String, limit: Int = 255)
    throws(Unencodable)
  {
    let bytes = [UInt8](text.utf8)
    guard bytes.count <= limit, !bytes.contains(0) else {
      throw Unencodable(reason: "a name or text is over \(limit) bytes or has a NUL")
    }
    try take(attribute, bytes + [0])
  }

  /// A value or note of 1 to `limit` bytes.
  mutating func set(_ attribute: Kind.Attribute, bytes: [UInt8], limit: Int) throws(Unencodable) {
    guard (1...limit).contains(bytes.count) else {
      throw Unencodable(reason: "a value is not of 1 to \(limit) bytes")
    }
    try take(attribute, bytes)
  }

  private mutating func take(_ attribute: Kind.Attribute, _ value: [UInt8]) throws(Unencodable) {
    bound += 12 + (value.count + 3) & ~3
    guard Kind.calls.set(pointer, attribute.number, value, UInt32(value.count)) == 0 else {
      throw Unencodable.outOfMemory
    }
  }

  /// Appends the message that declares or names it.
  func append(_ header: MessageHeader, to buffer: inout MessageBuffer) throws(Unencodable)
    -> MessageBuffer.Mark
  {
    try buffer.message(header, atMost: bound) { Kind.calls.write($0, pointer) }
  }

  /// The pointer, which whoever calls owns from now on.
  fileprivate consuming func relinquish() -> OpaquePointer {
    let pointer = pointer
    discard self
    return pointer
  }
}

extension NftnlExpression {
  /// An expression of a kind that libnftnl names so, with those of its numbers that have 32 bits.
  static func make(_ name: String, _ numbers: KeyValuePairs<Int, UInt32> = [:])
    throws(Unencodable) -> NftnlExpression
  {
    var expression = try make(nftnl_expr_alloc(name))
    for (attribute, number) in numbers { try expression.set(attribute, number) }
    return expression
  }

  /// A value to compare or mask with: at most the 64 bytes that libnftnl has room for.
  mutating func set(_ attribute: Int, bytes: [UInt8]) throws(Unencodable) {
    try set(attribute, bytes: bytes, limit: Int(NFT_DATA_VALUE_MAXLEN))
  }

  /// Takes the statement of a dynamic set's elements.
  mutating func add(_ statement: consuming NftnlExpression) {
    bound += statement.bound
    nftnl_expr_add_expr(pointer, UInt32(NFTNL_EXPR_DYNSET_EXPRESSIONS), statement.relinquish())
  }
}

extension NftnlRule {
  /// Takes an expression.
  mutating func add(_ expression: consuming NftnlExpression) {
    bound += expression.bound
    nftnl_rule_add_expr(pointer, expression.relinquish())
  }

  mutating func add(_ name: String, _ numbers: KeyValuePairs<Int, UInt32>) throws(Unencodable) {
    add(try NftnlExpression.make(name, numbers))
  }
}

extension NftnlSet {
  /// Begins a message of elements: the set that they are of, by its names and number.
  func beginElements(_ header: MessageHeader, in buffer: inout MessageBuffer) throws(Unencodable)
    -> MessageBuffer.Mark
  {
    try buffer.message(header, atMost: bound) { nftnl_set_elems_nlmsg_build_payload($0, pointer) }
  }
}

/// The widths that attributes have.
protocol NftnlNumber: BitwiseCopyable {}

extension UInt8: NftnlNumber {}
extension UInt16: NftnlNumber {}
extension UInt32: NftnlNumber {}
extension UInt64: NftnlNumber {}
extension Int32: NftnlNumber {}
