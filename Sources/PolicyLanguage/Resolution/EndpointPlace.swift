/// Where an endpoint stands, which decides what it may name.
enum EndpointPlace {
  case networkList
  case zoneNetworks
  case inboundFrom
  case inboundTo
  case forward
  case outboundFrom
  case outboundTo
  case exceptionFrom
  /// Destinations of the gate for outbound mail, forwarded or this machine's own.
  case gateTo
  /// Source of a test; its own endpoints decide the section.
  case testFrom(PolicySection)
  /// Destination of a test.
  case testTo(PolicySection)

  var allowsZones: Bool { whyNoZone == nil }

  /// Why a zone cannot stand here, and what to write; nil where it can.
  var whyNoZone: (rule: String, help: String)? {
    switch self {
    case .inboundFrom, .forward, .outboundTo, .gateTo: nil
    case .testFrom(.inbound), .testFrom(.forward), .testTo(.forward), .testTo(.outbound): nil
    case .testFrom(.outbound):
      (
        "a zone does not go with `from: self`: such a packet came by no interface",
        "name the zone in `to` or `out`"
      )
    case .testTo(.inbound):
      (
        "a zone does not go with `to: self`: such a packet leaves by no interface",
        "name the zone in `from` or `in`"
      )
    case .networkList:
      (
        "a network is made of addresses and cannot contain a zone",
        "name the networks that live behind the zone"
      )
    case .zoneNetworks:
      (
        "the networks of a zone are addresses and cannot contain a zone",
        "name the networks that live behind it"
      )
    case .inboundTo:
      (
        "a zone cannot be the `to` of an inbound rule: such a packet leaves by no interface",
        "name the zone in `from`, or addresses of this machine in `to`"
      )
    case .outboundFrom:
      (
        "a zone cannot be the `from` of an outbound rule: such a packet came by no interface",
        "name the zone in `to`, or addresses of this machine in `from`"
      )
    case .exceptionFrom:
      (
        "an exception is found by source address and cannot name a zone",
        "name a network, a prefix or an address"
      )
    }
  }

  /// Why a network that is filled at run time cannot stand here, and what to write instead of one of
  /// a name; nil where it can.
  var whyNoDynamicNetwork: (rule: String, help: @Sendable (String) -> String)? {
    switch self {
    case .inboundFrom, .inboundTo, .forward, .outboundFrom, .outboundTo, .testFrom, .testTo: nil
    case .networkList:
      (
        "a network is made of addresses that the policy knows, and cannot contain one that is filled at run time",
        { "name `\($0)` in rules, in one of its own" }
      )
    case .zoneNetworks:
      (
        "the networks of a zone are addresses that the policy knows, not one that is filled at run time",
        { "list the addresses, and name `\($0)` in rules" }
      )
    case .exceptionFrom:
      (
        "an exception is found by addresses that the policy knows, not by a network that is filled at run time",
        { "list the addresses; `\($0)` can take away, by a rule `{ deny: smtp, from: \($0) }`" }
      )
    case .gateTo:
      (
        "the gate is made of addresses that the policy knows, not of a network that is filled at run time",
        { "write a rule at the top of `forward`: `{ deny: smtp, from: \($0) }`" }
      )
    }
  }

  /// Why `self` cannot stand here, and what to write; nil where it means every address, as what is
  /// delivered here or sent from here has no other.
  var whyNoSelf: (rule: String, help: String)? {
    switch self {
    case .inboundTo, .outboundFrom, .testTo(.inbound), .testFrom(.outbound): nil
    case .testFrom(.inbound), .testFrom(.forward), .testTo(.forward), .testTo(.outbound):
      (
        "`self` decides what a test is about, and cannot stand beside other ends",
        "make two tests of it, or write `{ zone: self, network: 192.0.2.1 }` for one address of this machine"
      )
    case .inboundFrom:
      (
        "`self` cannot be the `from` of an inbound rule: the packet comes from elsewhere",
        "write `to: self`, or leave it out"
      )
    case .outboundTo:
      (
        "`self` cannot be the `to` of an outbound rule: the packet goes elsewhere",
        "write `from: self`, or leave it out"
      )
    case .forward:
      (
        "`self` cannot stand in a forward rule: what is forwarded is neither from nor to this machine",
        "move the rule to `inbound` or `outbound`"
      )
    case .networkList, .zoneNetworks, .exceptionFrom, .gateTo:
      (
        "`self` is not a set of addresses: this machine's addresses are not known to the compiler",
        "write the addresses"
      )
    }
  }
}
