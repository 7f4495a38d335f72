/// Rows as RFC 4180 has them: CRLF at the end of each, quotes where a field needs them.
///
/// A field that a spreadsheet would take for a formula gets a `'` before it, as OWASP advises: names
/// and comments may be anybody's.
package func csvText(_ rows: [[String]]) -> String {
  rows.map { $0.map(csvField).joined(separator: ",") + "\r\n" }.joined()
}

private func csvField(_ text: String) -> String {
  var field = text
  if let first = text.utf8.first, [0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0D].contains(first) {
    field = "'" + text
  }
  guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return field }
  // By scalars: a quote and a mark upon it are one character, and no quote to `replacing`.
  var result = "\"".unicodeScalars
  for scalar in field.unicodeScalars {
    if scalar == "\"" { result.append(scalar) }
    result.append(scalar)
  }
  result.append("\"")
  return String(result)
}
