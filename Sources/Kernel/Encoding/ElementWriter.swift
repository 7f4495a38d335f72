import Nftables

/// Writes NFT_MSG_NEWSETELEM messages of one set, as many as its elements need.
///
/// A list of elements is one attribute, whose length has 16 bits: it is closed before it is full, and
/// the two ends of an interval never part.
struct ElementWriter: ~Copyable {
  /// Bytes of elements in one message; leaves room below 65,535 for one more pair of any size.
  static let chunkBytes = 64_000

  /// Its declaration, which names it in every message.
  private let set: NftnlSet
  private(set) var messages: [MessageBuffer.Mark] = []
  private var header: MessageHeader
  private var list: MessageBuffer.Mark?
  private var listStart = 0

  /// A writer of the elements of a set; `header` is its first message's.
  init(_ set: consuming NftnlSet, header: MessageHeader) {
    self.set = set
    self.header = header
  }

  /// One element: NFTA_SET_ELEM_*; a counter is the name of an object, with its NUL.
  mutating func element(
    key: [UInt8], keyEnd: [UInt8]? = nil, isIntervalEnd: Bool = false, isOpen: Bool = false,
    verdict: Verdict? = nil, counter: [UInt8]? = nil, into buffer: inout MessageBuffer
  ) throws(Unencodable) {
    try open(&buffer)
    buffer.nested(1) { element in
      if isIntervalEnd { element.attribute(3, UInt32(1)) }
      element.nested(1) { $0.attribute(1, bytes: key) }
      if let keyEnd { element.nested(10) { $0.attribute(1, bytes: keyEnd) } }
      verdict?.encode(as: 2, into: &element)
      if isOpen { element.attribute(6, bytes: Self.openInterval) }
      if let counter { element.attribute(9, bytes: counter) }
    }
  }

  /// Marks where messages may be cut: between elements that belong together never.
  mutating func boundary(_ buffer: inout MessageBuffer) {
    if list != nil, buffer.bytes.count - listStart >= Self.chunkBytes { close(&buffer) }
  }

  /// Opens a message unless one is open.
  mutating func open(_ buffer: inout MessageBuffer) throws(Unencodable) {
    guard list == nil else { return }
    messages.append(try set.beginElements(header, in: &buffer))
    header.sequence += 1
    listStart = buffer.bytes.count
    list = buffer.beginNested(3)
  }

  mutating func close(_ buffer: inout MessageBuffer) {
    guard let list, let message = messages.last else { return }
    buffer.endNested(list)
    buffer.endMessage(message)
    self.list = nil
  }

  /// nft's note that an interval reaches to the last value and has no end element.
  static let openInterval: [UInt8] = {
    var data = UserData()
    data.append(1, UInt32(1))  // NFTNL_UDATA_SET_ELEM_FLAGS, NFTNL_SET_ELEM_F_INTERVAL_OPEN
    return data.bytes
  }()
}
