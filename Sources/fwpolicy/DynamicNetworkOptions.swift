import ArgumentParser
import Compiler
import Deployment
import Diagnostics
import Glibc
import Kernel
import NetworkTypes

/// The options of commands that look at a network of the kernel's.
struct DynamicNetworkOptions: ParsableArguments {
  @Option(help: "The policy's table.")
  var table = "fwpolicy"

  /// The network of a name; nil, and said why, where there is none.
  func network(_ name: String, _ socket: borrowing NetlinkSocket) throws(NetlinkError)
    -> DynamicNetwork?
  {
    guard try Dump.tableState(named: table, socket) != nil else {
      Terminal.say(
        "fwpolicy: the kernel has no `table inet \(table)`: apply a policy first, or name its table "
          + "with --table\n")
      return nil
    }
    let networks = try DynamicNetwork.all(inTable: table, socket)
    if let found = networks.first(where: { $0.name == name }) { return found }
    let known =
      networks.isEmpty
      ? "it has none" : "it has " + networks.map { "`\($0.name)`" }.joined(separator: ", ")
    Terminal.say(
      "fwpolicy: `table inet \(table)` has no dynamic network `\(name.visible)`: \(known)\n")
    return nil
  }
}

/// What a run says of a kernel that cannot be asked.
func sayTrouble(_ error: NetlinkError) {
  Terminal.say(
    "fwpolicy: \(error)" + (error.advice.map { ": \($0)" } ?? "") + "\n")
}

/// The addresses that a command line or standard input gives.
enum AddressInput {
  /// One entry of a list that cannot be read.
  struct Failure: Error {
    var text: String
  }

  static func addresses(_ arguments: [String]) throws -> [AddressSpec] {
    var result: [AddressSpec] = []
    for argument in arguments {
      if argument == "-" {
        let lines = try StandardInput.read().split(
          separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, bytes) in zip(1..., lines) {
          let written = bytes.prefix { $0 != UInt8(ascii: "#") }
            .filter { !" \t\r".utf8.contains($0) }
          let entry = String(decoding: written, as: UTF8.self)
          if entry.isEmpty { continue }
          result.append(try address(entry, at: "line \(number) of standard input: "))
        }
      } else {
        result.append(try address(argument, at: ""))
      }
    }
    return result
  }

  private static func address(_ text: String, at place: String) throws -> AddressSpec {
    do {
      let found = try parseAddressLiteral(text)
      guard let address = found.mappedIPv4 else { return found }
      throw Failure(
        text:
          "\(place)`\(text.visible)` is an IPv4 address in the clothes of IPv6, and no packet "
          + "has it: write \(address)")
    } catch let error as AddressParseError {
      throw Failure(
        text: "\(place)`\(text.visible)`: \(error.message)"
          + (error.help.map { "; \($0)" } ?? ""))
    }
  }
}
