package import Nftables

/// What a commit left behind.
package struct CommitReceipt: Hashable, Sendable {
  /// The ruleset's generation after it; of a dry run the one that was checked against.
  package var generation: UInt32
  /// Netlink messages in the batch.
  package var messages: Int
  /// Length of the batch.
  package var bytes: Int
}

/// One table committed to the kernel, all of it or nothing, in one datagram.
package struct KernelTransaction: Sendable {
  package init() {}

  /// Replaces a table of family inet, or adds it where there is none.
  ///
  /// Fails with `generationChanged` where a reading no longer holds that was given.
  /// A dry run has the kernel validate the same batch and commits nothing.
  ///
  /// - Parameter filled: what sets of the table that are filled at run time begin with.
  package func replace(
    table: Table, filled: [SetChange] = [], of reading: RulesetReading? = nil, dryRun: Bool = false,
    transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> CommitReceipt {
    try commit(
      try BatchEncoder(
        replacing: table, filled: filled, expectedGeneration: reading?.generation,
        dryRun: dryRun),
      origin: table.origin, of: reading, dryRun: dryRun, transport)
  }

  /// Changes the present table of that name into this one and leaves in place what an update keeps.
  ///
  /// The table's own comment cannot be changed; `Dump.version` knows where to look. Fails with
  /// `generationChanged` where the reading no longer holds from which the update was worked out.
  ///
  /// - Parameter filled: what sets that are made anew and filled at run time begin with.
  package func update(
    _ table: Table, by update: TableUpdate, filled: [SetChange] = [], of reading: RulesetReading,
    dryRun: Bool = false,
    transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> CommitReceipt {
    try commit(
      try BatchEncoder(
        updating: update.marked(table), by: update, filled: filled,
        expectedGeneration: reading.generation, dryRun: dryRun),
      origin: table.origin, of: reading, dryRun: dryRun, transport)
  }

  /// Sends a batch, again while a reading holds though others commit, and reads what became of it.
  func commit(
    _ batch: BatchEncoder, origin: Origin, of reading: RulesetReading?, dryRun: Bool = false,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> CommitReceipt {
    var batch = batch
    var reading = reading
    var resends = 0
    while true {
      do throws(NetlinkError) {
        return try commitOnce(
          batch, origin: origin, expectedGeneration: reading?.generation, dryRun: dryRun,
          transport)
      } catch .generationChanged(let expected) {
        // At once: the generation that was learned is soon the last but one.
        guard resends < Self.mostResends, try reading?.renew(transport) ?? false, let reading else {
          throw .generationChanged(expected: expected)
        }
        resends += 1
        batch.expect(reading.generation)
      }
    }
  }

  private static let mostResends = 8

  private func commitOnce(
    _ batch: BatchEncoder, origin: Origin, expectedGeneration: UInt32?, dryRun: Bool,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> CommitReceipt {
    let before = try Dump.generation(transport)
    try Dump.discardReplies(transport)
    try transport.send(batch.bytes)
    let answer = try collect(batch, origin: origin, transport)
    if let errno = answer.rejection?.errno {
      if errno == ErrorNumber.restart {
        throw .generationChanged(expected: expectedGeneration ?? before)
      }
      if errno == ErrorNumber.notPermitted { throw .notPermitted }
    }
    if let rejection = answer.rejection { throw .rejected(rejection) }
    let after = try Dump.generation(transport)
    if dryRun {
      guard answer.isAcknowledged else { throw .unconfirmed }
    } else {
      // Where the acknowledgement was lost, a new generation is the sign of a commit.
      guard answer.isAcknowledged || answer.lostReplies, after != before else { throw .unconfirmed }
    }
    return CommitReceipt(
      generation: after, messages: batch.origins.count, bytes: batch.bytes.count)
  }

  private struct Answer {
    var rejection: NetlinkError.Rejection?
    var isAcknowledged = false
    var lostReplies = false
  }

  private func collect(
    _ batch: BatchEncoder, origin: Origin,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Answer {
    var answer = Answer()
    while true {
      let datagram: [UInt8]?
      do throws(NetlinkError) {
        datagram = try transport.receive()
      } catch .systemCall(_, ErrorNumber.noBufferSpace) {
        answer.lostReplies = true
        continue
      }
      guard let datagram else { return answer }
      for reply in try NetlinkReply.parse(datagram) where reply.type == NetlinkReply.error {
        guard Int(reply.sequence) < batch.origins.count else { continue }
        let acknowledgement = try Acknowledgement(reply)
        if acknowledgement.errno == 0 {
          answer.isAcknowledged = true
        } else if answer.rejection == nil {
          // The first is the cause; what follows may only be its consequence. A failure of the
          // commit itself is told of the batch's beginning, which is nobody's: the table's.
          answer.rejection = NetlinkError.Rejection(
            acknowledgement, origin: batch.origins[Int(reply.sequence)] ?? origin)
        }
      }
    }
  }
}

extension NetlinkError.Rejection {
  init(_ acknowledgement: Acknowledgement, origin: Origin?) {
    self.init(
      errno: acknowledgement.errno, message: acknowledgement.message,
      offset: acknowledgement.offset, origin: origin)
  }
}
