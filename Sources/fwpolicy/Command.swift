import ArgumentParser
import Compiler
import Diagnostics

/// A command that answers with an exit status.
protocol Command: ParsableCommand {
  func execute() throws -> ExitStatus
}

extension Command {
  /// Runs the command; what the system refused is told and exits 2.
  func run() throws {
    Terminal.prepare()
    let status: ExitStatus
    do {
      status = try execute()
    } catch let error as SystemError {
      Terminal.say("fwpolicy: \(error.description.visible)\n")
      status = .couldNotRun
    } catch let error as Router.Misuse {
      throw ValidationError(error.reason.visible)
    }
    if status != .clean { throw ExitCode(status.rawValue) }
  }
}
