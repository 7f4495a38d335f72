import CNetfilter

/// One of the kinds of object that libnftnl builds messages from.
///
/// To C all of them are opaque pointers with numbered attributes; here the attributes of a kind go
/// with objects of that kind alone.
protocol NftnlKind {
  associatedtype Attribute: NftnlAttribute
  static var calls: NftnlCalls { get }
}

/// What libnftnl does with the objects of a kind.
struct NftnlCalls: Sendable {
  var free: @Sendable (OpaquePointer?) -> Void
  /// Copies a value; not 0 where it was not taken.
  var set: @Sendable (OpaquePointer?, UInt16, UnsafeRawPointer?, UInt32) -> Int32
  /// Writes the attributes to a message.
  var write: @Sendable (UnsafeMutablePointer<nlmsghdr>?, OpaquePointer?) -> Void
}

typealias NftnlTable = NftnlOwner<NftnlTableKind>
typealias NftnlChain = NftnlOwner<NftnlChainKind>
typealias NftnlStatefulObject = NftnlOwner<NftnlStatefulObjectKind>
typealias NftnlSet = NftnlOwner<NftnlSetKind>
typealias NftnlRule = NftnlOwner<NftnlRuleKind>
typealias NftnlExpression = NftnlOwner<NftnlExpressionKind>

/// `struct nftnl_table`.
enum NftnlTableKind: NftnlKind {
  typealias Attribute = nftnl_table_attr
  static let calls = NftnlCalls(
    free: nftnl_table_free, set: nftnl_table_set_data, write: nftnl_table_nlmsg_build_payload)
}

/// `struct nftnl_chain`.
enum NftnlChainKind: NftnlKind {
  typealias Attribute = nftnl_chain_attr
  static let calls = NftnlCalls(
    free: nftnl_chain_free, set: nftnl_chain_set_data, write: nftnl_chain_nlmsg_build_payload)
}

/// `struct nftnl_obj`: a named counter or helper.
enum NftnlStatefulObjectKind: NftnlKind {
  typealias Attribute = Int
  static let calls = NftnlCalls(
    free: nftnl_obj_free,
    set: { object, attribute, value, count in
      nftnl_obj_set_data(object, attribute, value, count)
      // It says nothing. What it had no memory for it leaves unset, a name null and set.
      let isName = [NFTNL_OBJ_TABLE, NFTNL_OBJ_NAME].contains(Int(attribute))
      return nftnl_obj_is_set(object, attribute)
        && !(isName && nftnl_obj_get_str(object, attribute) == nil) ? 0 : -1
    }, write: nftnl_obj_nlmsg_build_payload)
}

/// `struct nftnl_set`: a declaration, never its elements.
enum NftnlSetKind: NftnlKind {
  typealias Attribute = nftnl_set_attr
  static let calls = NftnlCalls(
    free: nftnl_set_free, set: nftnl_set_set_data, write: nftnl_set_nlmsg_build_payload)
}

/// `struct nftnl_rule`, and the expressions given to it.
enum NftnlRuleKind: NftnlKind {
  typealias Attribute = nftnl_rule_attr
  static let calls = NftnlCalls(
    free: nftnl_rule_free, set: nftnl_rule_set_data, write: nftnl_rule_nlmsg_build_payload)
}

/// `struct nftnl_expr`, until it is given to a rule or to another expression.
enum NftnlExpressionKind: NftnlKind {
  typealias Attribute = Int
  static let calls = NftnlCalls(
    free: nftnl_expr_free, set: nftnl_expr_set, write: nftnl_expr_build_payload)
}

/// The number of an attribute: C's named enumerations, and the constants of its nameless ones.
protocol NftnlAttribute {
  var number: UInt16 { get }
}

extension Int: NftnlAttribute {
  var number: UInt16 { UInt16(clamping: self) }
}

extension NftnlAttribute where Self: RawRepresentable<UInt32> {
  var number: UInt16 { UInt16(clamping: rawValue) }
}

extension nftnl_table_attr: NftnlAttribute {}
extension nftnl_chain_attr: NftnlAttribute {}
extension nftnl_set_attr: NftnlAttribute {}
extension nftnl_rule_attr: NftnlAttribute {}
