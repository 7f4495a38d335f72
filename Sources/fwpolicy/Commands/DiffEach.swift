import ArgumentParser
import Compiler
import Diagnostics
import PacketSpace
import PolicyAnalysis
import PolicyLanguage

/// `fwpolicy diff --each`: two policies for many routers, as one summary.
extension DiffCommand {
  /// One side: a policy, where its files are, and the routers that it is for.
  private struct Side: Sendable {
    var path: String
    var provider: FileSystemProvider
    var rootPrefix: String
    var overrides: VariableOverrides
    var routers: [Router]

    /// The policy for a router, and what there is to say about it; nil for no router.
    func policy(for name: String) -> (read: QuestionedPolicy, places: QueryPlaces)? {
      guard let router = routers.first(where: { $0.name == name }) else { return nil }
      let read = Compiler.ask(
        PolicyQuestion(hook: nil, values: []), of: path, provider: provider,
        overrides: overrides.adding(router))
      // One name for the values of all routers, so that what is the same reads the same.
      var places = QueryPlaces(sources: read.sources, rootPrefix: rootPrefix)
      places.aliases[router.values.name] = Self.common(router)
      return (read, places)
    }

    private static func common(_ router: Router) -> String {
      let name = router.values.name
      guard let slash = name.lastIndex(of: "/") else {
        return RouterOutputs.placeholder + name.dropFirst(router.name.count)
      }
      let last = name[name.index(after: slash)...]
      return name[...slash] + RouterOutputs.placeholder + last.dropFirst(router.name.count)
    }
  }

  func compareEach() throws -> ExitStatus {
    var revision: GitRevision?
    defer { withExtendedLifetime(revision) {} }
    let after = Side(
      path: new, provider: try FileSystemProvider(policy: new, root: policy.root),
      rootPrefix: "", overrides: try policy.overrides(), routers: try each.routers())
    var before = after
    if let parsed = GitRevision.parse(policies[0]) {
      let found = try GitRevision(parsed.revision, path: parsed.path)
      revision = found
      before.path = found.policyPath
      before.provider = try FileSystemProvider(policy: found.policyPath)
      before.rootPrefix = found.prefix
      before.routers = try Router.read(each.patterns, in: found.folder, requiresAll: false)
    } else {
      before.path = policies[0]
      before.provider = try FileSystemProvider(policy: policies[0], root: policy.root)
      before.rootPrefix = before.provider.rootFromWorkingDirectory ?? ""
    }
    var now = after
    now.rootPrefix = after.provider.rootFromWorkingDirectory ?? ""

    let names = Set(before.routers.map(\.name)).union(now.routers.map(\.name)).sorted()
    let results = parallelMap(names) { [before, now] name in
      Self.compare(name, before, now)
    }
    report.say(results.compactMap(\.oldTalk), rootPrefix: before.rootPrefix)
    report.say(results.compactMap(\.newTalk), rootPrefix: now.rootPrefix)
    for result in results {
      if let failure = result.failure {
        Terminal.say("fwpolicy: \(result.router.visible) cannot be compared: \(failure)\n")
      }
    }
    if results.contains(where: { $0.change == nil }) { return .couldNotRun }
    let written = RouterDiffReport(
      results.compactMap { result in
        result.change.map { (result.router, $0) }
      })
    switch format {
    case .text: try Terminal.writeProduct(written.text)
    case .markdown: try Terminal.writeProduct(written.markdown)
    case .json: try Terminal.writeProduct(written.json.text)
    }
    let fails =
      switch failOn {
      case .opened: written.opened > 0
      case .closed: written.closed > 0
      case .any: written.changesMeaning
      }
    return fails ? .no : .clean
  }

  private struct Result: Sendable {
    var router: String
    var oldTalk: RouterTalk?
    var newTalk: RouterTalk?
    /// Nil where a side has errors, or the two cannot be compared.
    var change: RouterChange?
    var failure: String?
  }

  private static func compare(_ name: String, _ before: Side, _ after: Side) -> Result {
    let old = before.policy(for: name)
    let new = after.policy(for: name)
    var result = Result(router: name)
    result.oldTalk = old.map { RouterTalk(name, $0.read.diagnostics, sources: $0.read.sources) }
    result.newTalk = new.map { RouterTalk(name, $0.read.diagnostics, sources: $0.read.sources) }
    guard let old else {
      if new?.read.policy != nil { result.change = .added }
      return result
    }
    guard let new else {
      if old.read.policy != nil { result.change = .removed }
      return result
    }
    guard let was = old.read.policy, let now = new.read.policy else { return result }
    // The same bytes mean the same.
    if digest(of: old.read.sources) == digest(of: new.read.sources) {
      result.change = .unchanged
      return result
    }
    do throws(PacketSpaceError) {
      let difference = try PolicyComparison(was, now).difference()
      result.change =
        difference.changesMeaning || !difference.edits.isEmpty
        ? .changed(
          RouterChange.Report(
            difference, DiffReport(difference, old: old.places, new: new.places)))
        : .unchanged
    } catch {
      result.failure = "\(error)"
    }
    return result
  }
}
