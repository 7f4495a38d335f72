import ArgumentParser
import Compiler
import Diagnostics
import Glibc
import PacketSpace
import PolicyAnalysis
import PolicyLanguage

/// `fwpolicy query`.
struct QueryCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Say what a policy does with a packet, or with all packets of a region.",
    discussion: """
      Each option is a value, a name of the policy or a region, as an entry of `tests:` has it: \
      --from noc, --to self, --from '{ zone: clients, except: noc }', --service '[smtp, tcp/587]'. \
      What is left out is everything that can arrive: not by or to lo, from a source that \
      anti-spoofing admits, in state new, with room in every limit, before every expiry.

      The answer is the verdicts over that region, each with what decides and a packet. One packet \
      has one answer; --trace adds every rule that it passed, and why.

      Exit status: 0 answered; 1 the policy or the question has errors, or no such packet can \
      arrive; 2 the policy could not be read.

      Examples:
        fwpolicy query policy.yaml --service ssh
        fwpolicy query policy.yaml --from 198.51.100.7 --to self --service tcp/25 --trace
        fwpolicy query policy.yaml --packets packets.jsonl
      """)

  enum Hook: String, ExpressibleByArgument, CaseIterable {
    case inbound
    case forward
    case outbound
  }

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  @Argument(help: ArgumentHelp("The policy; - is standard input.", valueName: "policy"))
  var path: String

  @Option(help: "Ask about one hook only; without it, about those that the ends leave open.")
  var hook: Hook?
  @Option(name: .customLong("in"), help: "The zones or interfaces that packets come in by.")
  var input: String?
  @Option(name: .customLong("out"), help: "The zones or interfaces that they leave by.")
  var output: String?
  @Option(help: "Where they come from: an endpoint, or self.")
  var from: String?
  @Option(help: "Where they go: an endpoint, or self.")
  var to: String?
  @Option(help: "Their service.")
  var service: String?
  @Option(help: "Their conntrack state.")
  var state: String?
  @Option(help: "Who created the sending socket.")
  var user: String?
  @Flag(help: "Ask about sources that anti-spoofing refuses, too.")
  var spoofed = false
  @Option(help: "exceeded: every limit is out of room.")
  var limit: String?
  @Option(help: ArgumentHelp("When they are seen.", valueName: "date"))
  var asOf: String?

  @Flag(help: "Show everything that a single packet met.")
  var trace = false

  @Option(
    help: ArgumentHelp(
      "Answer packets from a file, one JSON object a line; - is standard input.",
      valueName: "file"))
  var packets: String?

  @Option(help: "How to write the answer.")
  var format: Format = .text

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  private var values: [(key: TestKey, text: String)] {
    let given: [(TestKey, String?)] = [
      (.from, from), (.to, to), (.service, service), (.in, input), (.out, output),
      (.state, state), (.user, user), (.spoofed, spoofed ? "true" : nil), (.limit, limit),
      (.asOf, asOf),
    ]
    return given.compactMap { key, text in text.map { (key, $0) } }
  }

  func validate() throws {
    for (key, text) in values where text.utf8.contains(where: { $0 < 0x20 }) {
      throw ValidationError("the value of --\(key.rawValue) stands on one line")
    }
    if packets != nil, !values.isEmpty || hook != nil {
      throw ValidationError("--packets names whole packets: leave the other questions out")
    }
    if packets == "-", path == "-" {
      throw ValidationError("standard input can be read once: give `-` at most once")
    }
  }

  func execute() throws -> ExitStatus {
    let question = PolicyQuestion(
      hook: hook.flatMap { PolicySection(rawValue: $0.rawValue) },
      values: packets == nil ? values : [])
    let (asked, prefix) = try policy.ask(question, of: path)
    guard let meaning = asked.policy else {
      report.say(asked, rootPrefix: prefix)
      return asked.couldNotRun ? .couldNotRun : .no
    }
    let places = QueryPlaces(sources: asked.sources, rootPrefix: prefix ?? "")
    if let packets {
      return try PacketLines(policy: meaning, places: places).answer(file: packets)
    }
    do {
      let report = try QueryReport(asked, about: meaning, showsTrace: trace, places: places)
      try Terminal.writeProduct(format == .json ? report.json.text : report.text)
      if !report.isEmpty { return .clean }
      Terminal.say("no such packet can arrive\n")
      return .no
    } catch let error as PacketSpaceError {
      var refused = asked
      refused.diagnostics += tooLarge(error, at: meaning.nameSpan)
      self.report.say(refused, rootPrefix: prefix)
      return .couldNotRun
    }
  }
}
