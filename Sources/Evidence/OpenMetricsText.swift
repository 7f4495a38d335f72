/// Metric families as OpenMetrics 1.0 has them: what is said of each, its samples, `# EOF`.
///
/// Readers of the older Prometheus text format, such as a node exporter of its folder of text files, take
/// it as well: to them `…_total` is a name like any other, and has no type.
struct OpenMetricsText {
  enum MetricType: String {
    case counter
    case gauge
  }

  private(set) var body = ""

  /// Begins a family; a unit is the last word of its name.
  mutating func family(_ name: String, _ type: MetricType, unit: String? = nil, help: String) {
    body += "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(type.rawValue)\n"
    if let unit { body += "# UNIT \(name) \(unit)\n" }
  }

  /// A sample; of a counter the name ends with `_total`.
  mutating func sample(_ name: String, _ labels: KeyValuePairs<String, String>, _ value: String) {
    body += name
    if !labels.isEmpty {
      body +=
        "{" + labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",") + "}"
    }
    body += " \(value)\n"
  }

  var text: String { body + "# EOF\n" }

  private static func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: { [0x5C, 0x22, 0x0A].contains($0) }) else { return text }
    // By scalars: a quote and a mark upon it are one character, and no quote to `replacing`.
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\", "\"": result += ["\\", scalar]
      case "\n": result += ["\\", "n"]
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
