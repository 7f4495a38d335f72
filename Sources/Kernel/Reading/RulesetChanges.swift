/// What a commit did to a table, as the kernel tells those who listen (NFNLGRP_NFTABLES).
struct RulesetChange: Hashable, Sendable {
  /// NFPROTO_*, linux/netfilter.h.
  var family: UInt8
  var table: String
  /// The set whose elements came or went; nil where the change is of anything else.
  var set: String?

  init(family: UInt8, table: String, set: String? = nil) {
    self.family = family
    self.table = table
    self.set = set
  }

  /// Nil of a notice that is about no table.
  init?(_ notice: NetlinkReply) throws(NetlinkError) {
    // NFNL_SUBSYS_NFTABLES; the generation's notice ends a commit's.
    guard notice.type >> 8 == 10, notice.type & 0xff != Self.newGeneration else { return nil }
    guard let family = notice.payload.first else { throw .malformedReply }
    let attributes = try notice.attributes()
    // NFTA_*_TABLE, and NFTA_SET_ELEM_LIST_SET.
    guard let table = TableListing.text(attributes[1]) else { throw .malformedReply }
    self.family = family
    self.table = table
    if Self.ofElements.contains(notice.type & 0xff) {
      guard let set = TableListing.text(attributes[2]) else { throw .malformedReply }
      self.set = set
    }
  }

  /// NFT_MSG_NEWGEN, NFT_MSG_NEWSETELEM and NFT_MSG_DELSETELEM, linux/netfilter/nf_tables.h.
  private static let newGeneration: UInt16 = 15
  private static let ofElements: Set<UInt16> = [12, 14]
}

/// What was heard, in the order of hearing, each change at the last time that it was told.
///
/// As large as there are different changes, however often they come.
struct RulesetChanges: Hashable, Sendable {
  /// Grows with every notice.
  private(set) var position = 0
  private var last: [RulesetChange: Int] = [:]
  private var lastLoss = 0

  mutating func hear(_ change: RulesetChange) {
    position += 1
    last[change] = position
  }

  /// Something was not heard.
  mutating func lose() {
    position += 1
    lastLoss = position
  }

  /// Whether all was heard after a position, and nothing of it is such a change.
  func isQuiet(since position: Int, _ concerns: (RulesetChange) -> Bool) -> Bool {
    lastLoss <= position && !last.contains { $0.value > position && concerns($0.key) }
  }
}
