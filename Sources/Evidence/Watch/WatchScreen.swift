import Diagnostics

/// What was watched so far as a screen of a terminal: who decides, who talks, what came last.
///
/// Nothing in it can drive a terminal, and no line is wider than the screen.
package struct WatchScreen {
  package struct Size: Hashable, Sendable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
      self.columns = columns
      self.rows = rows
    }
  }

  private let title: String
  private let tally: WatchTally
  private let started: Int64
  private let second: Int64
  private let microseconds: Int64

  ///   - title: the policy and the groups.
  ///   - started: when watching began, on the same clock as `second`.
  ///   - microseconds: now, since the epoch.
  package init(
    title: String, _ tally: WatchTally, started: Int64, at second: Int64, microseconds: Int64
  ) {
    self.title = title
    self.tally = tally
    self.started = started
    self.second = second
    self.microseconds = microseconds
  }

  /// A line of the screen; headings are set off where there is a way to.
  package struct Line: Hashable, Sendable {
    package var text: String
    package var isHeading = false
  }

  /// At most as many lines as there are rows.
  package func lines(_ size: Size) -> [Line] {
    var lines = head
    // Of the rest, rules take what they need up to a third, sources as much as is left up to a half.
    let room = size.rows - lines.count
    let rules = tally.rules
    let ruleRoom = min(rules.count, max(1, room / 3 - 2))
    if room >= 3, !rules.isEmpty {
      lines.append(Line(text: ""))
      lines += ruleTable(rules, ruleRoom)
    }
    let talkerRoom = max(1, (size.rows - lines.count) / 2 - 2)
    let talkers = tally.talkers(talkerRoom)
    if size.rows - lines.count >= 3, !talkers.isEmpty {
      lines.append(Line(text: ""))
      lines += talkerTable(talkers)
    }
    let recentRoom = size.rows - lines.count - 2
    if recentRoom > 0, !tally.recent.isEmpty {
      lines.append(Line(text: ""))
      lines.append(Line(text: "LAST PACKETS", isHeading: true))
      for event in tally.recent.suffix(recentRoom).reversed() {
        // `HH:MM:SS` of `2026-11-25THH:MM:SS.ffffffZ`.
        let clock = event.packet.time.drop { $0 != "T" }.dropFirst().prefix { $0 != "." }
        lines.append(Line(text: "\(clock) \(WatchLine.body(event))"))
      }
    }
    return lines.prefix(max(0, size.rows)).map {
      Line(text: $0.text.fitted(to: size.columns), isHeading: $0.isHeading)
    }
  }

  /// What is left on a terminal when watching ends: every rule, and the first sources.
  package func summary(columns: Int) -> String {
    var lines = head
    let rules = tally.rules
    if !rules.isEmpty { lines += [Line(text: "")] + ruleTable(rules, rules.count) }
    let talkers = tally.talkers(10)
    if !talkers.isEmpty { lines += [Line(text: "")] + talkerTable(talkers) }
    return lines.map { $0.text.fitted(to: columns) + "\n" }.joined()
  }

  private var head: [Line] {
    var facts = ["\(tally.total) \(tally.total == 1 ? "packet" : "packets")", rate(tally.rate)]
    if tally.lost > 0 || tally.losesMore {
      facts.append("lost \(tally.lost)" + (tally.losesMore ? " and more" : ""))
    }
    if tally.unreadable > 0 { facts.append("unreadable \(tally.unreadable)") }
    return [
      Line(text: "\(title.visible)  \(Self.duration(second - started))", isHeading: true),
      Line(text: facts.joined(separator: "  ")),
    ]
  }

  private func ruleTable(_ rules: [WatchTally.Rule], _ room: Int) -> [Line] {
    let rows = rules.prefix(room).map { rule in
      [
        "\(rule.count)", rate(rule.rate), age(of: rule.last), rule.origin.verdict ?? "logged",
        rule.origin.words + (rule.prefix.map { " \"\($0)\"" } ?? "")
          + (rule.origin.place.map { " \($0)" } ?? ""),
      ]
    }
    let rest = rules.dropFirst(room)
    return Self.table(
      ["PACKETS", "RATE", "LAST", "VERDICT", "DECIDED BY"], rows,
      note: rest.isEmpty && tally.otherPrefixes == 0
        ? nil
        : "\(rest.reduce(tally.otherPrefixes) { $0 + $1.count }) more by \(rest.count) others")
  }

  private func talkerTable(_ talkers: [WatchTally.Talker]) -> [Line] {
    let rows = talkers.map { talker in
      [
        "\(talker.count)", age(of: talker.last.microseconds), talker.source,
        talker.subject?.words ?? "", talker.last.flow,
      ]
    }
    return Self.table(
      ["PACKETS", "LAST", "SOURCE", "WHO", "LAST PACKET"], rows,
      note: tally.otherSources == 0 ? nil : "\(tally.otherSources) more of rarer sources")
  }

  /// Columns as wide as their cells, numbers to the right.
  private static func table(_ heading: [String], _ rows: [[String]], note: String?) -> [Line] {
    let cells = [heading] + rows.map { $0.map(\.visible) }
    let widths = heading.indices.map { column in
      min(40, cells.map { $0[column].visibleWidth }.max() ?? 0)
    }
    var lines = cells.enumerated().map { index, row in
      var text = ""
      for (column, cell) in row.enumerated() {
        let isLast = column == row.count - 1
        let fitted = isLast ? cell : cell.fitted(to: widths[column])
        let padding = String(
          repeating: " ", count: isLast ? 0 : max(0, widths[column] - fitted.visibleWidth))
        // The first column is a number.
        text += column == 0 ? padding + fitted : fitted + padding
        if !isLast { text += "  " }
      }
      return Line(text: text, isHeading: index == 0)
    }
    if let note { lines.append(Line(text: note)) }
    return lines
  }

  private func rate(_ meter: RateMeter) -> String {
    let tenths = meter.tenths(at: second)
    return "\(tenths / 10).\(tenths % 10)/s"
  }

  private func age(of time: Int64) -> String {
    "\(Self.duration(max(0, (microseconds - time) / 1_000_000))) ago"
  }

  /// `5s`, `12m05s`, `3h07m`, `2d04h`.
  static func duration(_ seconds: Int64) -> String {
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let seconds = max(0, seconds)
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m\(two(seconds % 60))s" }
    if seconds < 86400 { return "\(seconds / 3600)h\(two(seconds / 60 % 60))m" }
    return "\(seconds / 86400)d\(two(seconds / 3600 % 24))h"
  }
}

extension String {
  /// The beginning that fits into so many columns of a terminal, with `…` where something is left
  /// out.
  ///
  /// Of a text that is visible already.
  func fitted(to columns: Int) -> String {
    if visibleWidth <= columns { return self }
    if columns <= 0 { return "" }
    var result = ""
    var width = 0
    for character in self {
      let next = String(character).visibleWidth
      if width + next > columns - 1 { break }
      width += next
      result.append(character)
    }
    return result + "…"
  }
}
