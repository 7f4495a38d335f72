import Kernel
import Nftables

/// The batch that commits a table, as it would have gone to the kernel.
///
/// The transport answers as a kernel does that takes everything.
func recordedBatch(of table: Table) throws -> [UInt8] {
  var generation: UInt8 = 1
  let transport = RecordingTransport { datagram in
    guard isBatch(datagram) else { return [.datagram(generationReply(generation, to: datagram))] }
    generation += 1
    return [.datagram(acknowledgement(of: datagram))]
  }
  _ = try KernelTransaction().replace(table: table, transport: transport)
  return transport.sent.first(where: isBatch) ?? []
}

/// Whether a datagram starts with NFNL_MSG_BATCH_BEGIN.
private func isBatch(_ datagram: [UInt8]) -> Bool { datagram[4] == 0x10 && datagram[5] == 0 }

/// NFT_MSG_NEWGEN with NFTA_GEN_ID, for a request's sequence number.
private func generationReply(_ generation: UInt8, to request: [UInt8]) -> [UInt8] {
  [28, 0, 0, 0, 0x0f, 0x0a, 0, 0] + request[8..<12] + [0, 0, 0, 0]
    + [0, 0, 0, 0] + [8, 0, 1, 0, 0, 0, 0, generation]
}

/// NLMSG_ERROR with number 0 for the message that asked for it: the one before the batch's end.
private func acknowledgement(of batch: [UInt8]) -> [UInt8] {
  var start = 0
  while start + 20 <= batch.count {
    let length = (0..<4).reduce(0) { $0 | Int(batch[start + $1]) << (8 * $1) }
    if batch[start + 6] & 0x4 != 0 || length < 20 { break }
    start += (length + 3) & ~3
  }
  guard start + 16 <= batch.count else { return [] }
  let header = batch[start..<start + 16]
  return [36, 0, 0, 0, 2, 0, 0, 0] + header.dropFirst(8).prefix(4) + [0, 0, 0, 0]
    + [0, 0, 0, 0] + header
}
