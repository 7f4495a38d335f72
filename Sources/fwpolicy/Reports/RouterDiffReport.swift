import Compiler
import Diagnostics
import PolicyAnalysis

/// What becomes of one router.
enum RouterChange: Hashable, Sendable {
  case unchanged
  /// Only the new policy is for it.
  case added
  /// Only the old policy was for it.
  case removed
  case changed(Report)

  /// A difference in words, which are the same for routers with the same change.
  struct Report: Hashable, Sendable {
    var text: String
    var markdown: String
    var json: JSONText
    /// All of it but the example packets: two pools that change alike have addresses of their own.
    var change: JSONText
    var opened: Int
    var closed: Int
    var changesMeaning: Bool

    init(_ difference: TrafficDifference, _ written: DiffReport) {
      text = written.text
      markdown = written.markdown
      json = written.json
      change = written.json(withPackets: false)
      opened = difference.count(.opened)
      closed = difference.count(.closed)
      changesMeaning = difference.changesMeaning
    }
  }
}

/// The differences of many routers: those with the same change together.
struct RouterDiffReport {
  private struct Group {
    var routers: [String]
    /// Of the first of them.
    var report: RouterChange.Report
    var hasOtherPackets = false
  }

  /// The largest change first: more routers, then the first router's name.
  private var groups: [Group] = []
  private var unchanged: [String] = []
  private var added: [String] = []
  private var removed: [String] = []

  /// - Parameter changes: in the order of the routers' names.
  init(_ changes: [(router: String, change: RouterChange)]) {
    // JSON has all that there is to a change; the words for people leave the end of long lists out.
    var places: [JSONText: Int] = [:]
    for (router, change) in changes {
      switch change {
      case .unchanged: unchanged.append(router)
      case .added: added.append(router)
      case .removed: removed.append(router)
      case .changed(let report):
        if let place = places[report.change] {
          groups[place].routers.append(router)
          if groups[place].report.json != report.json { groups[place].hasOtherPackets = true }
        } else {
          places[report.change] = groups.count
          groups.append(Group(routers: [router], report: report))
        }
      }
    }
    groups = groups.enumerated().sorted {
      ($1.element.routers.count, $0.offset) < ($0.element.routers.count, $1.offset)
    }.map(\.element)
  }

  /// Groups in which traffic is opened.
  var opened: Int { groups.count { $0.report.opened > 0 } }
  var closed: Int { groups.count { $0.report.closed > 0 } }

  /// Whether any packet fares otherwise on any router, or a router comes or goes.
  var changesMeaning: Bool {
    groups.contains { $0.report.changesMeaning } || !added.isEmpty || !removed.isEmpty
  }

  private var changedCount: Int { groups.reduce(0) { $0 + $1.routers.count } }

  private static func counted(_ count: Int) -> String { "\(count) router\(count == 1 ? "" : "s")" }

  private static func heading(_ names: [String]) -> String {
    "\(counted(names.count)): \(SourcePresentation.routerList(names))"
  }

  private static func heading(_ group: Group) -> String {
    guard group.routers.count > 1 else { return heading(group.routers) }
    let packets =
      group.hasOtherPackets
      ? "; packets are examples of \(SourcePresentation.routerList([group.routers[0]]))" : ""
    return "\(heading(group.routers)): the same change\(packets)"
  }

  private var lines: [String] {
    [
      (unchanged, "no change"), (added, "only in the new policy"),
      (removed, "only in the old policy"),
    ].filter { !$0.0.isEmpty }.map { "\(Self.heading($0.0)): \($0.1)" }
  }

  private var summary: String {
    var parts = ["\(changedCount) changed in \(groups.count) way\(groups.count == 1 ? "" : "s")"]
    parts.append("\(unchanged.count) unchanged")
    if !added.isEmpty { parts.append("\(added.count) added") }
    if !removed.isEmpty { parts.append("\(removed.count) removed") }
    let count = changedCount + unchanged.count + added.count + removed.count
    return "\(Self.counted(count)): \(parts.joined(separator: ", "))"
  }

  var text: String {
    var text = ""
    for group in groups {
      text += "\(Self.heading(group))\n"
      text +=
        group.report.text.split(separator: "\n", omittingEmptySubsequences: true)
        .map { "  \($0)\n" }.joined() + "\n"
    }
    return text + (lines + [summary]).map { $0 + "\n" }.joined()
  }

  var markdown: String {
    var text = "**\(summary)**\n"
    for group in groups {
      text += "\n## \(Self.heading(group))\n\n"
      text += group.report.markdown
    }
    if !lines.isEmpty { text += "\n" + lines.map { "- \($0)\n" }.joined() }
    return text
  }

  var json: JSONText {
    func names(_ names: [String]) -> JSONText { .array(names.map { .string($0) }) }
    return .object([
      "version": .number(1),
      "summary": .object([
        "changed": .number(changedCount), "ways": .number(groups.count),
        "unchanged": .number(unchanged.count), "added": .number(added.count),
        "removed": .number(removed.count), "changesMeaning": .bool(changesMeaning),
      ]),
      "groups": .array(
        groups.map { .object(["routers": names($0.routers), "difference": $0.report.json]) }),
      "unchanged": names(unchanged), "added": names(added), "removed": names(removed),
    ])
  }
}
