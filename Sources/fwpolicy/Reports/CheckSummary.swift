import Compiler
import Diagnostics
import PolicyAnalysis

/// How many of what `check` has found, by policy and in all.
struct CheckSummary {
  let policies: [CheckedPolicy]

  /// `no problems in policy.yaml`, or for several policies a line for each in which something was
  /// found and one for all: `44 policies: 3 with errors, 12 with warnings, 29 clean; 5 errors, …`.
  ///
  /// Routers of which the same is to be said share a line.
  var text: String {
    if policies.count == 1 { return line(of: policies[0], policies[0].title.visible) }
    let told = policies.filter { $0.result != .clean || !$0.diagnostics.isEmpty }
    guard isOfRouters else {
      return told.map { line(of: $0, $0.title.visible) }.joined() + total + "\n"
    }
    var lines: [(line: String, routers: [CheckedPolicy])] = []
    for router in told {
      let line = line(of: router, "")
      if let place = lines.firstIndex(where: { $0.line == line }) {
        lines[place].routers.append(router)
      } else {
        lines.append((line, [router]))
      }
    }
    return lines.map {
      line(of: $0.routers[0], SourcePresentation.routerList($0.routers.map(\.title)))
    }
    .joined() + total + "\n"
  }

  private var isOfRouters: Bool { policies.contains { $0.router != nil } }

  /// The last line alone.
  var total: String {
    let results = CheckedPolicy.Result.allCases.compactMap { result -> String? in
      let count = policies.count { $0.result == result }
      if count == 0 { return nil }
      switch result {
      case .unread: return "\(count) without an answer"
      case .errors: return "\(count) with errors"
      case .warnings: return "\(count) with warnings"
      case .clean: return "\(count) clean"
      }
    }
    let found = counted(in: policies)
    let noun = isOfRouters ? "routers" : "policies"
    return "\(policies.count) \(noun): \(results.joined(separator: ", "))"
      + (found.isEmpty ? "" : "; \(found.joined(separator: ", "))")
  }

  private func line(of policy: CheckedPolicy, _ title: String) -> String {
    let found = counted(in: [policy])
    let isSilent = policy.diagnostics.isEmpty
    let words =
      isSilent
      ? "no problems in \(title)"
      : found.prefix { !$0.hasSuffix("waived") }.joined(separator: ", ")
        + " in \(title)"
    return words + (policy.waived.isEmpty ? "" : ", \(policy.waived.count) waived") + "\n"
  }

  /// `2 errors`, `1 warning`, `3 waived`: what there is of each.
  private func counted(in policies: [CheckedPolicy]) -> [String] {
    let found = [(Severity.error, "error"), (.warning, "warning"), (.note, "note")]
      .compactMap { severity, noun -> String? in
        let count = policies.reduce(0) { $0 + $1.count(of: severity) }
        return count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
      }
    let waived = policies.reduce(0) { $0 + $1.waived.count }
    return found + (waived == 0 ? [] : ["\(waived) waived"])
  }

  /// For the JSON form and for SARIF's property bag.
  var json: JSONText {
    let each = policies.map { policy in
      JSONText.object([
        "policy": .string(policy.path),
        "router": policy.router.map { .string($0) },
        "result": .string(policy.result.rawValue),
        "profiles": policy.profiles.map { .array($0.sorted().map { .string($0.rawValue) }) },
        "errors": .number(policy.count(of: .error)),
        "warnings": .number(policy.count(of: .warning)),
        "notes": .number(policy.count(of: .note)),
        "waived": .number(policy.waived.count),
      ])
    }
    func sum(_ severity: Severity) -> JSONText {
      .number(policies.reduce(0) { $0 + $1.count(of: severity) })
    }
    func having(_ result: CheckedPolicy.Result) -> JSONText {
      .number(policies.count { $0.result == result })
    }
    return .object([
      "policies": .number(policies.count),
      "unread": having(.unread), "withErrors": having(.errors),
      "withWarnings": having(.warnings), "clean": having(.clean),
      "errors": sum(.error), "warnings": sum(.warning), "notes": sum(.note),
      "waived": .number(policies.reduce(0) { $0 + $1.waived.count }),
      "each": .array(each),
    ])
  }
}
