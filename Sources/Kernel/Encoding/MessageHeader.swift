/// The head of an nf_tables message of family inet.
struct MessageHeader {
  /// NFT_MSG_*, linux/netfilter/nf_tables.h.
  enum Message: UInt16 {
    case newTable = 0
    case getTable = 1
    case deleteTable = 2
    case newChain = 3
    case getChain = 4
    case deleteChain = 5
    case newRule = 6
    case getRule = 7
    case deleteRule = 8
    case newSet = 9
    case getSet = 10
    case deleteSet = 11
    case newSetElement = 12
    case getSetElement = 13
    case deleteSetElement = 14
    case getGeneration = 16
    case newObject = 18
    case getObject = 19
    case deleteObject = 20
    case newFlowtable = 22
    case getFlowtable = 23
  }

  var message: Message
  /// NLM_F_* of linux/netlink.h, beside NLM_F_REQUEST.
  var flags: UInt16
  var sequence: UInt32

  static let acknowledge: UInt16 = 0x4
  static let dump: UInt16 = 0x300

  /// NFPROTO_INET, linux/netfilter.h.
  static let inet: UInt16 = 1

  /// A message with the flags that nft gives it: NLM_F_CREATE, and of rules NLM_F_APPEND.
  init(_ message: Message, sequence: UInt32) {
    self.message = message
    self.sequence = sequence
    switch message {
    case .newChain, .newSet, .newSetElement, .newObject: flags = 0x400
    case .newRule: flags = 0x400 | 0x800
    case .newTable, .getTable, .deleteTable, .getGeneration, .getObject, .getChain, .getRule,
      .getSet, .getSetElement, .deleteChain, .deleteRule, .deleteSet, .deleteObject,
      .deleteSetElement, .newFlowtable, .getFlowtable:
      flags = 0
    }
  }
}
