import Diagnostics
import NetworkTypes

extension Resolver {
  /// The prefixes of an expression as they were written, through the networks that it names.
  ///
  /// For expressions that `addresses(_:at:)` has read without an error: nothing is reported, and the
  /// prefixes together hold the same addresses. `any` is `0.0.0.0/0` and `::/0`, a range the fewest
  /// prefixes that make it up, and what `except` leaves of a prefix keeps its length.
  func writtenAddresses(_ expression: EndpointExpression) -> WrittenAddresses {
    var parts = WrittenParts()
    add(expression, to: &parts)
    return parts.joined
  }

  private func add(_ expression: EndpointExpression, to parts: inout WrittenParts) {
    switch expression {
    case .term(let term): add(term, to: &parts)
    case .union(let members, _):
      for member in members { add(member, to: &parts) }
    case .restricted(let zone, let network, let except, _):
      var rest = (network ?? zone).map { writtenAddresses($0) } ?? .any
      // No zone may stand here, but `any` and addresses may stand in its place.
      if let zone, network != nil {
        rest = rest.subtracting(writtenAddresses(zone).addresses.complement())
      }
      if let except { rest = rest.subtracting(writtenAddresses(except).addresses) }
      parts.named.append(rest)
    }
  }

  private func add(_ term: Located<String>, to parts: inout WrittenParts) {
    if term.value == "any" {
      parts.named.append(.any)
    } else if let network = networks[term.value] {
      if let network { parts.named.append(network.written ?? WrittenAddresses(network.addresses)) }
    } else if let literal = try? parseAddressLiteral(term.value) {
      switch literal {
      case .ipv4(let interval): parts.ipv4.append(interval)
      case .ipv6(let interval): parts.ipv6.append(interval)
      }
    }
  }
}

/// The members of a list on their way to one array, so that a long list costs one sort.
private struct WrittenParts {
  var ipv4: [IntervalSet<UInt32>.Interval] = []
  var ipv6: [IntervalSet<UInt128>.Interval] = []
  /// Kept whole: an exception that names one long list shares its storage.
  var named: [WrittenAddresses] = []

  var joined: WrittenAddresses {
    if ipv4.isEmpty, ipv6.isEmpty { return .joining(named) }
    return .joining(named + [WrittenAddresses(ipv4: ipv4, ipv6: ipv6)])
  }
}
