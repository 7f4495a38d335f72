import Diagnostics
import NetworkTypes

extension Resolver {
  func hostNameDiagnostic(_ term: Located<String>) -> Diagnostic {
    Diagnostic(
      .hostName, .error, AddressParseError.hostName.message, at: term.span,
      secondary: origin(of: term),
      help: [
        Diagnostic.Help(
          "write the addresses of `\(term.value)`: nothing is resolved at compile or apply time")
      ])
  }

  /// What is wrong with an address literal; every reading of it that is right can be pasted.
  func addressDiagnostic(_ error: AddressParseError, _ term: Located<String>) -> Diagnostic {
    if error == .hostName { return hostNameDiagnostic(term) }
    return Diagnostic(
      .badAddress, .error, error.message, at: term.span, secondary: origin(of: term),
      help: helps(for: error, term))
  }

  /// A text that can be neither; the address that it nearly is can be pasted.
  mutating func reportNeither(_ term: Located<String>) {
    var help: [Diagnostic.Help] = []
    if let address = LiteralMending.digits(of: term.value) {
      help = [self.help("did you mean `\(address)`?", writing: address, over: term)]
    } else if let near = nearest(to: term.value, in: Array(zoneIndices.keys) + networks.keys) {
      help = [self.help("did you mean `\(near)`?", writing: near, over: term)]
    } else if let text = AddressParseError.notAnAddress.help {
      help = [Diagnostic.Help(text)]
    }
    report(
      Diagnostic(
        .badAddress, .error, "this is neither a name nor an address", at: term.span,
        secondary: origin(of: term), help: help))
  }

  private func helps(for error: AddressParseError, _ term: Located<String>) -> [Diagnostic.Help] {
    if let mended = LiteralMending.find(in: term.value) {
      let why = mended.why.isEmpty ? "" : ": \(mended.why)"
      return [help("write `\(mended.text)`\(why)", writing: mended.text, over: term)]
    }
    switch error {
    case .hostBitsSet(let network, let host):
      return [
        help("write `\(network)` for the network", writing: network, over: term),
        help("or `\(host)` for the one address", writing: host, over: term),
      ]
    case .reversedRange(let lower, let upper):
      let range = "\(upper)-\(lower)"
      return [help("write `\(range)`", writing: range, over: term)]
    case .dottedMask(let length):
      let base = term.value.prefix { $0 != "/" }
      guard let length, (try? parseAddressLiteral("\(base)/\(length)")) != nil else { break }
      let prefix = "\(base)/\(length)"
      return [help("write `\(prefix)`", writing: prefix, over: term)]
    default: break
    }
    return error.help.map { [Diagnostic.Help($0)] } ?? []
  }
}
