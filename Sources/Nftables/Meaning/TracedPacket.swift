import NetworkTypes
import PacketSpace

/// One packet as statements read it.
struct TracedPacket {
  /// What a field holds.
  enum Value: Hashable {
    case number(UInt128)
    case name(String)
  }

  /// What a look-up has come to.
  enum Found: Hashable {
    case notFound
    /// The element's verdict; nil in a set.
    case found(Verdict?)
  }

  let path: PathValue
  let ipProtocol: UInt8
  let state: ConntrackState
  let hasReversePath: Bool
  /// False until prerouting is over: there is no output interface yet.
  var isRouted = true
  private let isIPv4: Bool
  private let numbers: [Field: UInt128]
  private let inputInterface: String
  private let outputInterface: String

  init(_ values: (Dimension) -> UInt128, interfaces: InterfaceClasses) {
    func narrow(_ dimension: Dimension) -> UInt32 {
      UInt32(truncatingIfNeeded: values(dimension))
    }
    path = PathValue(rawValue: narrow(.path)) ?? .inbound
    isIPv4 = narrow(.family) == 0
    ipProtocol = UInt8(truncatingIfNeeded: narrow(.ipProtocol))
    state =
      switch StateValue(rawValue: narrow(.state)) {
      case .new: .new
      case .established: .established
      case .related: .related
      case .untracked: .untracked
      case .invalid, nil: .invalid
      }
    hasReversePath = narrow(.reversePath) == 0
    inputInterface = interfaces.name(of: narrow(.inputInterface))
    outputInterface = interfaces.name(of: narrow(.outputInterface))

    var numbers: [Field: UInt128] = [
      .nfProto: isIPv4 ? 2 : 10, .l4Proto: UInt128(ipProtocol), .packetType: values(.packetType),
      .time: values(.date),
    ]
    if isIPv4 {
      numbers[.ipv4Source] = values(.source4)
      numbers[.ipv4Destination] = values(.destination4)
    } else {
      numbers[.ipv6Source] = values(.source6)
      numbers[.ipv6Destination] = values(.destination6)
      // Any hop limit but 255 will do.
      numbers[.ipv6HopLimit] = narrow(.hopLimit) == 1 ? 255 : 64
    }
    if narrow(.destinationPort) != Dimension.noPort {
      let port = values(.destinationPort)
      numbers[.transportDestinationPort] = port
      if ipProtocol == 6 { numbers[.tcpDestinationPort] = port }
      if ipProtocol == 17 {
        numbers[.udpDestinationPort] = port
        numbers[.udpSourcePort] = values(.sourcePort)
      }
    }
    if narrow(.icmp) != Dimension.noPort {
      let (type, code) = (values(.icmp) >> 8, values(.icmp) & 0xFF)
      if isIPv4, ipProtocol == 1 {
        numbers[.icmpType] = type
        numbers[.icmpCode] = code
      } else if !isIPv4, ipProtocol == 58 {
        numbers[.icmpv6Type] = type
        numbers[.icmpv6Code] = code
      }
    }
    if narrow(.user) != Dimension.noUser { numbers[.socketUser] = values(.user) }
    if narrow(.originalPort) != Dimension.noPort {
      numbers[.originalDestinationPort] = values(.originalPort)
    }
    self.numbers = numbers
  }

  /// Nil where the packet lacks the field.
  func read(_ field: Field) -> Value? {
    switch field {
    case .inputInterface: .name(inputInterface)
    case .outputInterface: .name(isRouted ? outputInterface : "")
    default: numbers[field].map { .number($0) }
    }
  }

  /// Nil where the packet lacks a field of the key.
  func find(_ key: Key, in set: NamedSet) -> Found? {
    var own: [Value] = []
    for part in key.parts {
      // What stands where a port would be is in no element: those say which protocol they mean.
      guard let value = read(part.field) else { return nil }
      if case .number(let number) = value, let length = part.prefixLength {
        let width = part.field.dataType.length * 8
        let shift = UInt128(width - length)
        own.append(.number(length == 0 ? 0 : (number >> shift) << shift))
      } else {
        own.append(value)
      }
    }
    switch set.elements {
    case .none: return .notFound
    case .ipv4(let values):
      guard case .number(let number) = own.first else { return .notFound }
      return values.contains(UInt32(truncatingIfNeeded: number)) ? .found(nil) : .notFound
    case .ipv6(let values):
      guard case .number(let number) = own.first else { return .notFound }
      return values.contains(number) ? .found(nil) : .notFound
    case .tuples(let elements):
      for element in elements
      where zip(element.key, own).allSatisfy({ $0.holds($1) }) {
        return .found(element.verdict)
      }
      return .notFound
    }
  }
}

extension ElementField {
  fileprivate func holds(_ value: TracedPacket.Value) -> Bool {
    switch (self, value) {
    case (.range(let lower, let upper), .number(let number)): lower <= number && number <= upper
    case (.interface(let name), .name(let own)): name == own
    case (.range, .name), (.interface, .number): false
    }
  }
}
