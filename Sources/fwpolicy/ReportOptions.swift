import ArgumentParser
import Compiler
import Diagnostics
import Glibc

/// The options of every command that has something to say about a policy.
struct ReportOptions: ParsableArguments {
  @Option(help: "How to write diagnostics.")
  var diagnostics: DiagnosticFormat = .text

  @Option(help: "Whether to colour them; auto: on a terminal, unless NO_COLOR is set.")
  var color: ColourChoice = .auto

  /// The diagnostics as they go to a stream, empty where there is nothing to say.
  func rendered(
    _ report: SourcePresentation, _ format: DiagnosticFormat? = nil, stream: Int32,
    more: [JSONText.Member] = []
  ) -> String {
    report.rendered(
      format ?? diagnostics, coloured: Terminal.isColoured(color, stream: stream), more: more,
      text: DiagnosticCatalogue.text(of:))
  }
}

extension ReportOptions {
  /// Writes what a compilation has to say to standard error; a document even if that is nothing.
  ///
  /// `more` is what came after it, with places in the same files.
  func say(_ compilation: Compilation, more: [Diagnostic] = [], rootPrefix: String?) {
    var presentation = SourcePresentation()
    presentation.add(
      compilation.diagnostics + more, of: compilation.sources, rootPrefix: rootPrefix)
    if presentation.isEmpty, !diagnostics.isDocument { return }
    Terminal.say(rendered(presentation, stream: STDERR_FILENO))
  }
}

extension ReportOptions {
  /// The same for a question.
  func say(_ asked: QuestionedPolicy, rootPrefix: String?) {
    var presentation = SourcePresentation()
    presentation.add(asked.diagnostics, of: asked.sources, rootPrefix: rootPrefix)
    if presentation.isEmpty, !diagnostics.isDocument { return }
    Terminal.say(rendered(presentation, stream: STDERR_FILENO))
  }
}

extension ReportOptions {
  /// The same for a policy for many routers.
  func say(_ talks: [RouterTalk], rootPrefix: String?) {
    var presentation = SourcePresentation()
    presentation.add(talks, rootPrefix: rootPrefix)
    if presentation.isEmpty, !diagnostics.isDocument { return }
    Terminal.say(rendered(presentation, stream: STDERR_FILENO))
  }
}

extension DiagnosticFormat: ExpressibleByArgument {}
extension OutputFormat: ExpressibleByArgument {}
