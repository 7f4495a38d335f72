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

  private func helps(for error: AddressParseError, _ term: Located<String>) -> [Diagnostic.Help] {
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
