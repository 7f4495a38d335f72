import CNetfilter
import Nftables

extension NftnlTable {
  /// A table of which nothing but the name is known.
  static func make(name: String) throws(Unencodable) -> NftnlTable {
    var table = try make(nftnl_table_alloc())
    try table.set(NFTNL_TABLE_NAME, name)
    return table
  }

  static func make(name: String, comment: String?) throws(Unencodable) -> NftnlTable {
    var table = try make(name: name)
    try table.set(NFTNL_TABLE_FLAGS, UInt32(0))
    try table.set(NFTNL_TABLE_USERDATA, comment: comment)
    return table
  }
}

extension NftnlChain {
  /// A chain without its rules.
  static func make(_ chain: Chain, table: String) throws(Unencodable) -> NftnlChain {
    var owner = try make(nftnl_chain_alloc())
    try owner.set(NFTNL_CHAIN_TABLE, table)
    try owner.set(NFTNL_CHAIN_NAME, chain.name)
    if let base = chain.base {
      try owner.set(NFTNL_CHAIN_TYPE, "filter")
      try owner.set(NFTNL_CHAIN_HOOKNUM, base.hook.rawValue)
      try owner.set(NFTNL_CHAIN_PRIO, base.priority)
      try owner.set(NFTNL_CHAIN_POLICY, base.policy.rawValue)
    }
    try owner.set(NFTNL_CHAIN_USERDATA, comment: chain.comment)
    return owner
  }
}

extension NftnlStatefulObject {
  /// An object with what it starts from.
  static func make(_ object: Object, table: String) throws(Unencodable) -> NftnlStatefulObject {
    var owner = try make(nftnl_obj_alloc())
    try owner.set(NFTNL_OBJ_TABLE, table)
    try owner.set(NFTNL_OBJ_NAME, object.name)
    // The type comes first: it says whose the attributes after it are.
    switch object.kind {
    case .counter:
      try owner.set(NFTNL_OBJ_TYPE, ObjectType.counter)
      try owner.set(NFTNL_OBJ_CTR_BYTES, object.startingCount?.bytes ?? 0)
      try owner.set(NFTNL_OBJ_CTR_PKTS, object.startingCount?.packets ?? 0)
    case .ctHelper(let type, let transport):
      try owner.set(NFTNL_OBJ_TYPE, ObjectType.ctHelper)
      // NF_CT_HELPER_NAME_LEN without its end: libnftnl would cut what is longer.
      try owner.set(NFTNL_OBJ_CT_HELPER_NAME, type, limit: 15)
      try owner.set(NFTNL_OBJ_CT_HELPER_L3PROTO, MessageHeader.inet)
      try owner.set(NFTNL_OBJ_CT_HELPER_L4PROTO, transport.rawValue)
    }
    try owner.set(NFTNL_OBJ_USERDATA, comment: object.comment)
    return owner
  }
}

/// NFT_OBJECT_*, linux/netfilter/nf_tables.h.
enum ObjectType {
  static let counter: UInt32 = 1
  static let ctHelper: UInt32 = 3
}

extension NftnlRule {
  /// A rule without expressions.
  static func make(table: String, chain: String, comment: String?) throws(Unencodable)
    -> NftnlRule
  {
    var rule = try make(nftnl_rule_alloc())
    try rule.set(NFTNL_RULE_TABLE, table)
    try rule.set(NFTNL_RULE_CHAIN, chain)
    try rule.set(NFTNL_RULE_USERDATA, comment: comment)
    return rule
  }
}

extension NftnlOwner {
  /// The notes of nft's; at most NFT_USERDATA_MAXLEN bytes, linux/netfilter/nf_tables.h.
  mutating func set(_ attribute: Kind.Attribute, notes: UserData) throws(Unencodable) {
    try set(attribute, bytes: notes.bytes, limit: 256)
  }

  /// The note that holds a comment, where there is one.
  fileprivate mutating func set(_ attribute: Kind.Attribute, comment: String?)
    throws(Unencodable)
  {
    guard let text = UserData.text(comment) else { return }
    var notes = UserData()
    notes.append(0, text)
    try set(attribute, notes: notes)
  }
}
