import Diagnostics
import PolicyLanguage

extension PolicyReport {
  /// What the policy says of itself, which nothing verifies.
  struct Declaration {
    var what: String
    var word: String
    var place: String
  }

  var declarations: [Declaration] {
    var result: [Declaration] = []
    for zone in written.zones {
      guard let kind = zone.kind else { continue }
      result.append(
        Declaration(
          what: "zone \(zone.name.value)", word: "kind: \(kind.value.rawValue)",
          place: citation(of: kind.span)))
    }
    for network in policy.networks {
      guard let networkClass = network.networkClass else { continue }
      result.append(
        Declaration(
          what: "network \(network.name.value)", word: "class: \(networkClass.rawValue)",
          place: citation(of: network.name.span)))
    }
    let rules = policy.inbound.rules + (policy.forward?.rules ?? []) + policy.outbound.rules
    for rule in rules {
      for role in rule.serves {
        result.append(
          Declaration(
            what: "rule \(rule.name)", word: "serves: \(role)", place: citation(of: rule.span)))
      }
    }
    return result
  }

  func writeDeclarations(_ html: inout HTMLWriter) {
    html.element(
      "p", ["class": "soft"],
      text: "Asserted by the policy's author, and not verified. Findings rest on them.")
    html.element("table", ["class": "stacks"]) { html in
      header(["of", "asserted", "where"], &html)
      html.element("tbody") { html in
        for declaration in declarations {
          html.element("tr") { html in
            html.element("th", ["scope": "row"], text: declaration.what)
            cell("asserted", declaration.word, &html)
            cell("where", declaration.place, &html)
          }
        }
      }
    }
  }

  // MARK: Findings

  func writeFindings(_ html: inout HTMLWriter) {
    if findings.isEmpty { html.element("p", text: "Nothing was found.") }
    for finding in findings { write(finding, &html) }
    if waived.isEmpty { return }
    html.element("h3", text: "Waived, with the reason")
    for silenced in waived {
      html.element("div", ["class": "finding"]) { html in
        writeHeadline(silenced.diagnostic, &html)
        html.element("p", text: "waived at \(citation(of: silenced.span)): \(silenced.reason)")
      }
    }
  }

  private func write(_ finding: Diagnostic, _ html: inout HTMLWriter) {
    html.element("div", ["class": "finding is-\(finding.severity.name)"]) { html in
      writeHeadline(finding, &html)
      for label in finding.secondary {
        html.element(
          "p", ["class": "soft"], words: "\(citation(of: label.span)): \(label.text ?? "here")")
      }
      for note in finding.notes { html.element("p", ["class": "soft"], words: note) }
      for help in finding.help { html.element("p", words: "help: \(help.text)") }
    }
  }

  private func writeHeadline(_ finding: Diagnostic, _ html: inout HTMLWriter) {
    html.element("p") { html in
      html.element(
        "span", ["class": finding.severity.name],
        text: "\(finding.severity.name) \(finding.code.code)")
      html.writeWords(" \(finding.message)")
      if let primary = finding.primary {
        html.element("span", ["class": "soft mono"], text: " \(citation(of: primary.span))")
      }
    }
  }
}
