import Diagnostics
import PolicyAnalysis
import PolicyLanguage

extension PolicyReport {
  /// The report as one page that asks nothing of any network: no script, no image, no font.
  package var page: String {
    var html = HTMLWriter()
    html.writeMarkup("<!doctype html>\n")
    html.element("html", ["lang": "en"]) { html in
      html.element("head") { writeHead(&$0) }
      html.element("body") { html in
        html.element("header") { writeHeader(&$0) }
        writeContents(&html)
        html.element("main") { html in
          for section in ReportSection.allCases where shows(section) {
            html.element("section", ["id": section.rawValue]) { html in
              html.element("h2", text: section.title)
              write(section, &html)
            }
          }
        }
        html.element("footer") { html in
          html.element(
            "p",
            text: "Made by fwpolicy from the policy's meaning. Expiry is told as of \(asOf). "
              + "What no policy can filter is not in here: ARP, bridged frames, other tables' verdicts."
          )
        }
      }
    }
    html.writeMarkup("\n")
    return html.text
  }

  private func writeHead(_ html: inout HTMLWriter) {
    html.open("meta", ["charset": "utf-8"])
    html.open("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
    // Whatever a policy's texts hold, the page loads nothing and runs nothing.
    html.open(
      "meta",
      [
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; style-src 'unsafe-inline'",
      ])
    html.open("meta", ["name": "referrer", "content": "no-referrer"])
    html.element("title", text: "\(policy.name): firewall policy")
    html.element("style") { $0.writeMarkup(ReportStyle.sheet) }
  }

  private func writeHeader(_ html: inout HTMLWriter) {
    html.element("h1", text: "Firewall policy \(policy.name)")
    if let description = written.description { html.element("p", text: description.value) }
    html.element("dl", ["class": "facts"]) { html in
      fact("role", policy.role.rawValue, &html)
      if let owner = policy.owner { fact("owner", owner, &html) }
      fact("table", "inet \(policy.table)", &html)
      fact("digest", "sha256:\(digest.prefix(40))", &html)
      fact("problems", problemsInWords, &html)
      if let readings {
        fact(
          "counters",
          "read at \(readings.takenAt.moment)"
            + (readings.isCurrent
              ? ", from this very policy" : ", from another version of this policy"),
          &html)
      }
    }
  }

  private func fact(_ name: String, _ value: String, _ html: inout HTMLWriter) {
    html.element("dt", text: name)
    html.element("dd", text: value)
  }

  private var problemsInWords: String {
    let found = [(Severity.error, "error"), (.warning, "warning"), (.note, "note")].compactMap {
      severity, noun -> String? in
      let count = findings.count { $0.severity == severity }
      return count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
    return (found.isEmpty ? "none" : found.joined(separator: ", "))
      + (waived.isEmpty ? "" : ", \(waived.count) waived")
  }

  private func writeContents(_ html: inout HTMLWriter) {
    html.element("nav", ["aria-label": "Contents"]) { html in
      html.element("ul") { html in
        for section in ReportSection.allCases where shows(section) {
          html.element("li") {
            $0.element("a", ["href": "#\(section.rawValue)"], text: section.title)
          }
        }
      }
    }
  }

  private func shows(_ section: ReportSection) -> Bool {
    switch section {
    case .services, .findings: true
    case .declarations: !declarations.isEmpty
    case .port25, .exemptions: policy.smtpEgress != nil
    case .counters: readings != nil
    case .offenders: readings != nil && policy.smtpEgress != nil
    }
  }

  private func write(_ section: ReportSection, _ html: inout HTMLWriter) {
    switch section {
    case .services: writeMatrix(&html)
    case .port25: writePort25(&html)
    case .exemptions: writeExemptions(&html)
    case .declarations: writeDeclarations(&html)
    case .findings: writeFindings(&html)
    case .counters: writeCounters(&html)
    case .offenders: writeOffenders(&html)
    }
  }
}

/// A section of the page; raw values are its anchors.
enum ReportSection: String, CaseIterable {
  case services
  case port25 = "port-25"
  case offenders
  case exemptions
  case counters
  case declarations
  case findings

  var title: String {
    switch self {
    case .services: "Zones and services"
    case .port25: "Port 25 by subnet"
    case .offenders: "Top offenders"
    case .exemptions: "Exemptions"
    case .counters: "Counters"
    case .declarations: "Declarations"
    case .findings: "Findings and waivers"
    }
  }
}
