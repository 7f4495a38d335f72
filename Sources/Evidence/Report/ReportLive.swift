import PolicyLanguage

extension PolicyReport {
  private static let shownBars = 25

  /// What rules, defaults and subnets have counted, the busiest first.
  func writeCounters(_ html: inout HTMLWriter) {
    guard let readings else { return }
    let busy = readings.counts.filter { $0.packets > 0 }.sorted {
      ($1.packets, $0.label) < ($0.packets, $1.label)
    }
    if busy.isEmpty {
      html.element("p", text: "Nothing was counted yet.")
      return
    }
    let bars = busy.prefix(Self.shownBars).map { count in
      Bar(
        label: count.label, value: count.packets,
        words: "\(count.packets.grouped) packets"
          + (count.bytes.map { ", \($0.grouped) bytes" } ?? ""))
    }
    write(bars, &html)
    let rest = readings.counts.count - bars.count
    if rest > 0 {
      html.element(
        "p", ["class": "soft"], text: "\(UInt64(rest).grouped) more counters are lower, or at zero."
      )
    }
  }

  /// The sources that tried port 25 most often and were stopped.
  func writeOffenders(_ html: inout HTMLWriter) {
    guard let readings else { return }
    guard let offenders = readings.offenders, !offenders.isEmpty else {
      html.element(
        "p",
        text: policy.smtpEgress?.offenders == nil
          ? "The policy records nobody: `smtp-egress.offenders` would."
          : readings.offenders == nil
            ? "The ruleset in force records nobody." : "Nobody was stopped.")
      return
    }
    if let warning = readings.offendersWarning {
      html.element("p") { html in html.writeWords("Not all are listed: \(warning).") }
    }
    let order = offenders.sorted {
      ($1.packets, $0.source) < ($0.packets, $1.source)
    }
    let bars = order.prefix(Self.shownBars).map { offender in
      let who = [offender.subnet, offender.owner].compactMap { $0 }
      return Bar(
        label: offender.source + (who.isEmpty ? "" : " (\(who.joined(separator: ", ")))"),
        value: offender.packets, words: "\(offender.packets.grouped) packets")
    }
    write(bars, &html)
    if order.count > bars.count {
      html.element(
        "p", ["class": "soft"],
        text: "\(UInt64(order.count - bars.count).grouped) more were stopped.")
    }
  }

  private struct Bar {
    var label: String
    var value: UInt64
    var words: String
  }

  /// Bars to one scale, beginning at zero; the number stands beside each.
  private func write(_ bars: [Bar], _ html: inout HTMLWriter) {
    let most = bars.map(\.value).max() ?? 1
    html.element("ol", ["class": "bars"]) { html in
      for bar in bars {
        html.element("li") { html in
          html.element("div", ["class": "label"]) { html in
            html.element("span", words: bar.label)
            html.element("span", ["class": "soft"], text: bar.words)
          }
          html.element("div", ["class": "track", "aria-hidden": "true"]) { html in
            html.element("div", ["class": "fill", "style": "width:\(width(bar.value, of: most))"]) {
              _ in
            }
          }
        }
      }
    }
  }

  /// A share in tenths of a percent, at least one: `12.5%`.
  private func width(_ value: UInt64, of most: UInt64) -> String {
    let share = Double(value) / Double(max(most, 1))
    let tenths = max(1, Int((share * 1000).rounded()))
    return "\(tenths / 10).\(tenths % 10)%"
  }
}
