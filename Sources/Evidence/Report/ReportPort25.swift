import Diagnostics
import NetworkTypes
import PolicyLanguage

extension PolicyReport {
  /// Who is governed, what an inventory says of each subnet, and what was stopped.
  func writePort25(_ html: inout HTMLWriter) {
    guard let gate = policy.smtpEgress else { return }
    html.element("dl", ["class": "facts"]) { html in
      fact("governed clients", written.smtpEgress?.clients?.text ?? "none", &html)
      fact("relays", written.smtpEgress?.relays?.text ?? "none", &html)
      if let users = written.smtpEgress?.users {
        let names = users.value.map(\.value).joined(separator: ", ")
        fact("own mail by users", names.isEmpty ? "nobody" : names, &html)
      }
      fact("what is stopped", gate.action == .deny ? "dropped" : "rejected", &html)
      fact(
        "who is in no row",
        "may reach the relays only, in both address families", &html)
    }
    if gate.subnets.isEmpty {
      html.element("p", ["class": "soft"], text: "The gate has no inventory of subnets.")
      return
    }
    html.element("p", text: summary(of: gate.subnets))
    let shown = shownRows(gate.subnets)
    html.element("table", ["class": "stacks"]) { html in
      html.element("caption", text: "What each subnet may open")
      let counts = readings.map { !$0.subnetPackets.isEmpty } ?? false
      header(
        ["subnet", "name", "port 25", "owner", "ticket", "expires"]
          + (counts ? ["blocked packets"] : []), &html)
      html.element("tbody") { html in
        for index in shown {
          let subnet = gate.subnets[index]
          html.element("tr") { html in
            html.element("th", ["scope": "row", "class": "mono"], text: "\(subnet.prefix)")
            cell("name", subnet.name, &html)
            html.element(
              "td", ["class": subnet.answer.rawValue, "data-label": "port 25"],
              text: subnet.answer.rawValue)
            cell("owner", subnet.owner, &html)
            cell("ticket", subnet.ticket, &html)
            expiry(subnet.expires, &html)
            if counts {
              html.element(
                "td", ["class": "number", "data-label": "blocked packets"],
                text: (readings?.subnetPackets[index] ?? 0).grouped)
            }
          }
        }
      }
    }
    let left = gate.subnets.count - shown.count
    if left > 0 {
      html.element(
        "p", ["class": "soft"],
        text: "\(UInt64(left).grouped) more are in the inventory; --rows shows more of them.")
    }
  }

  private func summary(of subnets: [Subnet]) -> String {
    let counts = SubnetAnswer.allCases.map { answer in
      "\(UInt64(subnets.count { $0.answer == answer }).grouped) \(answer.rawValue)"
    }
    let expired = subnets.count { ($0.expires.map { $0 <= asOf }) ?? false }
    return "\(UInt64(subnets.count).grouped) subnets: \(counts.joined(separator: ", "))"
      + (expired == 0 ? "." : "; \(UInt64(expired).grouped) of them expired, and so as if absent.")
  }

  /// The busiest first where they are counted, then those that may send, then the text's order.
  private func shownRows(_ subnets: [Subnet]) -> [Int] {
    let packets = readings?.subnetPackets ?? [:]
    let order = subnets.indices.sorted { a, b in
      let (first, second) = (packets[a] ?? 0, packets[b] ?? 0)
      if first != second { return first > second }
      let (one, other) = (subnets[a].answer == .allowed, subnets[b].answer == .allowed)
      if one != other { return one }
      return a < b
    }
    return Array(order.prefix(rowLimit))
  }

  // MARK: Exemptions

  /// Who may send past the gate: entries of `allow`, and rows that say `allowed`.
  func writeExemptions(_ html: inout HTMLWriter) {
    guard let gate = policy.smtpEgress else { return }
    let declared = written.smtpEgress?.allow ?? []
    let rows = gate.subnets.indices.filter { gate.subnets[$0].answer == .allowed }
    if declared.isEmpty, rows.isEmpty {
      html.element("p", text: "Nobody is exempt.")
      return
    }
    html.element("table", ["class": "stacks"]) { html in
      header(["from", "to", "owner", "ticket", "expires", "note", "where"], &html)
      html.element("tbody") { html in
        for entry in declared {
          html.element("tr") { html in
            html.element(
              "th", ["scope": "row", "class": "mono"], text: entry.from?.text ?? "any")
            cell("to", entry.to?.text ?? "any", &html)
            cell("owner", entry.metadata.owner?.value, &html)
            cell("ticket", entry.metadata.ticket?.value, &html)
            expiry(entry.expires?.value, &html)
            cell("note", entry.metadata.note?.value, &html)
            cell("where", citation(of: entry.span), &html)
          }
        }
        for index in rows.prefix(rowLimit) {
          let subnet = gate.subnets[index]
          html.element("tr") { html in
            html.element("th", ["scope": "row", "class": "mono"], text: "\(subnet.prefix)")
            cell("to", "any", &html)
            cell("owner", subnet.owner, &html)
            cell("ticket", subnet.ticket, &html)
            expiry(subnet.expires, &html)
            cell("note", subnet.name, &html)
            cell("where", citation(of: subnet.span), &html)
          }
        }
      }
    }
    if rows.count > rowLimit {
      html.element(
        "p", ["class": "soft"],
        text:
          "\(UInt64(rows.count - rowLimit).grouped) more rows are exempt; --rows shows more of them."
      )
    }
  }

  /// A date, with a word where it is passed or near.
  private func expiry(_ date: Timestamp?, _ html: inout HTMLWriter) {
    guard let date else { return cell("expires", nil, &html) }
    if date <= asOf {
      html.element("td", ["class": "expired", "data-label": "expires"], text: "\(date) (expired)")
    } else if date.seconds - asOf.seconds <= 30 * 86400 {
      html.element("td", ["class": "soon", "data-label": "expires"], text: "\(date) (soon)")
    } else {
      cell("expires", "\(date)", &html)
    }
  }

  private func fact(_ name: String, _ value: String, _ html: inout HTMLWriter) {
    html.element("dt", text: name)
    html.element("dd", text: value)
  }
}

extension PolicyReport {
  /// The head of a table whose first column names its rows.
  func header(_ names: [String], _ html: inout HTMLWriter) {
    html.element("thead") { html in
      html.element("tr") { html in
        for name in names { html.element("th", ["scope": "col"], text: name) }
      }
    }
  }

  func cell(_ label: String, _ text: String?, _ html: inout HTMLWriter) {
    html.element("td", ["data-label": label], text: text ?? "–")
  }
}

extension UInt64 {
  /// `12,345`.
  var grouped: String {
    var digits = Array(String(self).utf8)
    var place = digits.count - 3
    while place > 0 {
      digits.insert(UInt8(ascii: ","), at: place)
      place -= 3
    }
    return String(decoding: digits, as: UTF8.self)
  }
}
