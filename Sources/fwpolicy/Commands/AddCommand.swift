import ArgumentParser
import Deployment
import Diagnostics
import Kernel
import NetworkTypes

/// `fwpolicy add`.
struct AddCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Put addresses into a dynamic network of the ruleset in force.",
    discussion: """
      Takes effect at once and stays across `fwpolicy apply`; no policy is read. What overlaps becomes \
      one entry that stays for the longest of their times: an address that a prefix covers is left to \
      it, and a prefix takes the place of what it covers. - reads addresses from standard input, one a \
      line.

      Rules stop new connections; those that are open go on, and their number is told. With --cut they \
      end: the next packet of either end meets the ruleset as a new one.

      The JSON is {"version": 1, "table", "network", "changes": [{address, outcome: \
      added|extended|present, entry, expiresIn?, replaced?}…], "connections": {open, cut}?}.

      Exit status: 0 every address is in the network now; 1 an address cannot be read, or the network \
      is full; 2 there is no such network, or the kernel refused. Nothing is changed by halves.

      Examples:
        fwpolicy add quarantine 192.0.2.7 --for 2d --ticket ABUSE-1234
        fwpolicy add quarantine 2001:db8:b:20::/60 --cut
        fwpolicy add quarantine - < addresses.txt
      """)

  @Argument(help: "The network's name.")
  var network: String

  @Argument(help: "Addresses or prefixes; - reads them from standard input.")
  var addresses: [String]

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "How long they stay: 90s, 12h, 1d6h, at most 213503d; default: as the network says.",
      valueName: "duration"))
  var duration: DurationArgument?

  @Option(help: "The ticket that they are there for.")
  var ticket: String?

  @Option(help: "A word to whoever reads the list.")
  var note: String?

  @Flag(help: "End the connections that the addresses have open, whoever began them.")
  var cut = false

  @Option(help: "How to write what was done.")
  var format: TextOrJSON = .text

  @OptionGroup(title: "Ruleset options") var options: DynamicNetworkOptions

  func validate() throws {
    if let ticket, ticket.isEmpty || ticket.contains(where: \.isWhitespace) {
      throw ValidationError("a ticket is one word")
    }
    let comment = words.joined(separator: " ")
    if comment.utf8.count > 128 {
      throw ValidationError("ticket and note together have at most 128 bytes, `ticket` included")
    }
    // By scalars: a quote and a mark upon it are one character.
    if comment.unicodeScalars.contains(where: {
      $0 == "\"" || $0 == "\\" || $0 == "\0" || Character($0).isNewline
    }) {
      throw ValidationError("the kernel's comments hold no quotes, backslashes and line breaks")
    }
  }

  /// What stands beside the addresses in the kernel.
  private var words: [String] {
    var words: [String] = []
    if let ticket { words += ["ticket", ticket] }
    if let note, !note.isEmpty { words.append(note) }
    return words
  }

  func execute() throws -> ExitStatus {
    try editNetwork(
      network, addresses, options, format,
      .add(
        timeout: duration.map { $0.seconds * 1000 },
        comment: words.isEmpty ? nil : words.joined(separator: " ")), cuts: cut)
  }
}

/// `fwpolicy remove`.
struct RemoveCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Take addresses out of a dynamic network of the ruleset in force.",
    discussion: """
      Of an entry that holds more than what is removed the rest stays, for as long as it would have. \
      - reads addresses from standard input, one a line.

      The JSON is {"version": 1, "table", "network", "changes": [{address, outcome: removed|absent, \
      entry}…]}.

      Exit status: 0 all were there and are gone; 1 an address was not there (the others are gone), or \
      cannot be read; 2 there is no such network, or the kernel refused.

      Examples:
        fwpolicy remove quarantine 192.0.2.7
      """)

  @Argument(help: "The network's name.")
  var network: String

  @Argument(help: "Addresses or prefixes; - reads them from standard input.")
  var addresses: [String]

  @Option(help: "How to write what was done.")
  var format: TextOrJSON = .text

  @OptionGroup(title: "Ruleset options") var options: DynamicNetworkOptions

  func execute() throws -> ExitStatus {
    try editNetwork(network, addresses, options, format, .remove, cuts: nil)
  }
}

enum TextOrJSON: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
}

/// Adds or removes, and says what became of every address.
///
/// - Parameter cuts: whether open connections of the addresses end; nil where they are no matter.
private func editNetwork(
  _ name: String, _ addresses: [String], _ options: DynamicNetworkOptions, _ format: TextOrJSON,
  _ wish: DynamicNetwork.Wish, cuts: Bool?
) throws -> ExitStatus {
  let asked: [AddressSpec]
  do {
    asked = try AddressInput.addresses(addresses)
  } catch let failure as AddressInput.Failure {
    Terminal.say("fwpolicy: \(failure.text): nothing was changed\n")
    return .no
  }
  do {
    let socket = try NetlinkSocket()
    guard let network = try options.network(name, socket) else { return .couldNotRun }
    let answers = try network.edit(asked, wish, socket)
    // What was asked is done, whatever conntrack says.
    var trouble: NetlinkError?
    var connections: Connections?
    if let cuts {
      do throws(NetlinkError) {
        connections = try Connections(of: asked, cuts: cuts, socket)
      } catch {
        trouble = error
      }
    }
    try write(zip(asked, answers).map { ($0, $1) }, of: network, connections, format)
    if let trouble {
      sayTrouble(trouble)
      Terminal.say("fwpolicy: what is open of these addresses is not known, and goes on\n")
      if cuts == true { return .couldNotRun }
    }
    return answers.contains { $0.outcome == .absent } ? .no : .clean
  } catch let error as NetlinkError {
    sayTrouble(error)
    return .couldNotRun
  } catch let refusal as DynamicNetwork.Refusal {
    switch refusal {
    case .kernel(let error):
      sayTrouble(error)
      return .couldNotRun
    case .full(let family, let holds, let more, let capacity):
      let room = max(0, capacity - holds)
      Terminal.say(
        "fwpolicy: `\(name.visible)` has room for "
          + (room == 0 ? "no more entries" : "\(room) more \(room == 1 ? "entry" : "entries")")
          + " of \(family == .ipv4 ? "IPv4" : "IPv6"), and \(more) "
          + "\(more == 1 ? "is" : "are") needed (it holds \(holds) of \(capacity)); nothing was "
          + "changed. Remove some, add a prefix for several, or raise `capacity` in the policy, which "
          + "starts it afresh\n")
      return .no
    case .noFamily(let family):
      Terminal.say(
        "fwpolicy: `\(name.visible)` has no set for \(family == .ipv4 ? "IPv4" : "IPv6")\n")
      return .couldNotRun
    }
  }
}

/// What addresses had open when they were added.
private struct Connections {
  var open: Int
  /// How many were ended; nil where none was to be.
  var cut: Int?

  init(
    of addresses: [AddressSpec], cuts: Bool, _ socket: borrowing NetlinkSocket
  ) throws(NetlinkError) {
    let sets = addresses.map(\.addresses)
    let found = try AddressConnections.open(
      of: AddressSet(
        ipv4: IntervalSet(sets.flatMap(\.ipv4.intervals)),
        ipv6: IntervalSet(sets.flatMap(\.ipv6.intervals))), socket)
    open = found.count
    cut = cuts ? try AddressConnections.end(found, socket) : nil
  }

  /// Nothing where nothing was open.
  var text: String {
    let connections = "\(open) open connection\(open == 1 ? "" : "s")"
    if open == 0 { return "" }
    if let cut {
      return cut == open
        ? "cut \(connections)\n" : "cut \(cut) of \(connections): the others have ended\n"
    }
    return "\(connections) of these addresses go\(open == 1 ? "es" : "") on: --cut ends them\n"
  }
}

private func write(
  _ answers: [(AddressSpec, NetworkEdit.Answer)], of network: DynamicNetwork,
  _ connections: Connections?, _ format: TextOrJSON
) throws {
  switch format {
  case .json:
    let changes = answers.map { asked, answer in
      JSONText.object([
        "address": .string("\(asked)"),
        "outcome": .string(answer.outcome.rawValue),
        "entry": answer.outcome == .absent
          ? nil : .string(DynamicNetwork.words(answer.element, asked.family)),
        "expiresIn": answer.outcome == .removed || answer.outcome == .absent
          ? nil : answer.remainingSeconds.map { .number(Int(clamping: $0)) },
        "replaced": answer.replaced > 0 ? .number(answer.replaced) : nil,
      ])
    }
    try Terminal.writeProduct(
      JSONText.object([
        "version": .number(1), "table": .string(network.table), "network": .string(network.name),
        "changes": .array(changes),
        "connections": connections.map {
          .object(["open": .number($0.open), "cut": .number($0.cut ?? 0)])
        },
      ]).text)
  case .text:
    var text = ""
    for (asked, answer) in answers {
      let entry = DynamicNetwork.words(answer.element, asked.family)
      let time = answer.remainingSeconds.map { "for \(DurationArgument.words($0))" } ?? "for good"
      let within = entry == "\(asked)" ? "" : ", within \(entry)"
      switch answer.outcome {
      case .added:
        text += "added \(asked)\(within) \(time)"
        if answer.replaced > 0 { text += ", in place of \(answer.replaced) that it covers" }
      case .extended:
        text +=
          "kept \(asked)\(within) \(time)" + (within.isEmpty ? "" : ", which is for all of that")
      case .present: text += "\(asked) is there already\(within), \(time) still"
      case .removed:
        text += "removed \(asked)"
        if answer.touched > 1 {
          text += ", of which \(answer.touched) entries were there, the first \(entry)"
        } else if !within.isEmpty {
          text += answer.isWithin ? ", which was within \(entry)" : ", of which \(entry) was there"
        }
      case .absent: text += "\(asked) is not there"
      }
      text += "\n"
    }
    text += connections?.text ?? ""
    try Terminal.writeProduct(text)
  }
}

extension NetworkEdit.Answer {
  fileprivate var remainingSeconds: UInt64? {
    (element.expires ?? element.timeout).map { ($0 + 999) / 1000 }
  }
}
