import CNetfilter
package import NetworkTypes

/// What the policy rules of routing (ip-rule(8)) look at beside a packet's destination.
package enum RoutingRules: Hashable, Sendable {
  /// Nothing: every packet to an address takes the same route.
  case plain
  /// Addresses and the input interface, which `RouteLookup` can ask by.
  case addressesAndInput
  /// A mark, a port, a user or something else that a connection does not tell afterwards.
  case more

  /// The rules of a family.
  ///
  /// rtnetlink(7), RTM_GETRULE; linux/fib_rules.h.
  package static func read(
    _ family: AddressFamily, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> RoutingRules {
    let replies: [NetlinkReply]
    do throws(NetlinkError) {
      replies = try Dump.ask(isDump: true, transport) { sequence, buffer throws(Unencodable) in
        _ = try buffer.message(atMost: 16 + 12) { start in
          guard let header = mnl_nlmsg_put_header(start) else { return nil }
          header.pointee.nlmsg_type = UInt16(RTM_GETRULE)
          header.pointee.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_DUMP)
          header.pointee.nlmsg_seq = sequence
          guard
            let rule = mnl_nlmsg_put_extra_header(header, 12)?
              .assumingMemoryBound(to: UInt8.self)
          else { return nil }
          rule.pointee = family.rawValue
          return header
        }
      }
    } catch .rejected {
      // A kernel without policy routing.
      return .plain
    }
    var result = RoutingRules.plain
    for reply in replies {
      switch try RoutingRules(reply) {
      case .plain: break
      case .addressesAndInput: result = .addressesAndInput
      case .more: return .more
      }
    }
    return result
  }

  /// Of one message RTM_NEWRULE: `struct fib_rule_hdr`, then attributes FRA_*.
  init(_ reply: NetlinkReply) throws(NetlinkError) {
    let body = reply.payload
    guard reply.type == UInt16(RTM_NEWRULE), body.count >= 12 else { throw .malformedReply }
    let attributes = try NetlinkReply.attributes(in: body.dropFirst(12))
    // tos
    guard body[body.startIndex + 3] == 0,
      attributes.keys.allSatisfy({ Self.answered.contains($0) })
    else {
      self = .more
      return
    }
    // dst_len, src_len, FRA_IIFNAME
    let isSelective =
      body[body.startIndex + 1] != 0 || body[body.startIndex + 2] != 0 || attributes[3] != nil
    self = isSelective ? .addressesAndInput : .plain
  }

  /// FRA_DST, SRC, IIFNAME, GOTO, PRIORITY, FLOW (realms), SUPPRESS_IFGROUP, SUPPRESS_PREFIXLEN, TABLE,
  /// PAD and PROTOCOL: what a look-up answers by, or selects nothing.
  private static let answered: Set<UInt16> = [1, 2, 3, 4, 6, 11, 13, 14, 15, 18, 21]
}
