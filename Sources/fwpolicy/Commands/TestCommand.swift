import ArgumentParser
import Compiler
import Diagnostics
import Glibc
import PacketSpace
import PolicyAnalysis
import PolicyLanguage

/// `fwpolicy test`.
struct TestCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Examine what policies claim of themselves.",
    discussion: """
      Every entry of `tests:` is a claim about all packets of a region. A claim that fails is shown \
      with a packet, its verdict and what decided it.

      The JSON is {"version": 1, "policies": [{"policy", "tests": [{"name", "outcome", "expect", \
      "file", "line", "packet", "verdict", "decidedBy"}]}]}; outcome is holds, fails or empty.

      Exit status: 0 every claim holds; 1 one does not, or a policy has errors; 2 a policy could not \
      be read.

      Examples:
        fwpolicy test policy.yaml
        fwpolicy test --format junit edge/*.yaml > report.xml
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case junit
  }

  @Argument(help: ArgumentHelp("The policies; - is standard input.", valueName: "policy"))
  var policies: [String]

  @Option(help: "How to write the results.")
  var format: Format = .text

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func validate() throws {
    if policies.filter({ $0 == "-" }).count > 1 {
      throw ValidationError("standard input can be read once: give `-` at most once")
    }
  }

  func execute() throws -> ExitStatus {
    var status = ExitStatus.clean
    var reports: [TestReport] = []
    for path in policies {
      let (compilation, prefix) = try policy.compile(path, proves: false)
      var found = compilation
      var tested = TestReport(path: path, rootPrefix: prefix ?? "")
      do throws(PacketSpaceError) {
        tested.results = try compilation.runTests()
      } catch {
        found.diagnostics += tooLarge(error, at: compilation.policy?.nameSpan)
      }
      let isRefused = found.hasErrors
      tested.sources = found.sources
      // What is wrong with the policy itself is talk; what its tests say is the product.
      report.say(found, rootPrefix: prefix)
      tested.isRefused = isRefused
      if found.couldNotRun {
        status = status.combined(with: .couldNotRun)
      } else if isRefused || tested.results.contains(where: { !$0.holds }) {
        status = status.combined(with: .no)
      }
      reports.append(tested)
    }
    switch format {
    case .text:
      try Terminal.writeProduct(reports.map { text(of: $0) }.joined())
      Terminal.say(reports.map(\.summary).joined())
    case .json:
      let document = JSONText.object([
        "version": .number(1), "policies": .array(reports.map(\.json)),
      ])
      try Terminal.writeProduct(document.text)
    case .junit:
      try Terminal.writeProduct(TestReport.junit(reports))
    }
    return status
  }

  /// A line for each test that holds, the diagnostic of each that does not.
  private func text(of tested: TestReport) -> String {
    var text = ""
    let place = policies.count > 1 ? "\(tested.path.visible): " : ""
    for result in tested.results where result.holds {
      text += "ok: \(place)\(result.test.name)\n"
    }
    var presentation = SourcePresentation()
    presentation.add(
      tested.results.compactMap(\.diagnostic), of: tested.sources, rootPrefix: tested.rootPrefix)
    return text + report.rendered(presentation, stream: STDOUT_FILENO)
  }
}
