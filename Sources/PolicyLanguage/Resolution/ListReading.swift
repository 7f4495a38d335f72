import Diagnostics
import NetworkTypes

extension Resolver {
  /// A prefix list, merged, and as written if asked for; nil after a diagnostic.
  mutating func readPrefixList(_ path: Located<String>, keepingWritten: Bool) -> NetworkValue? {
    guard let file = listFile(path) else { return nil }
    let list = PrefixListReader.read(sources[file].bytes.span, keepingWritten: keepingWritten)
    for problem in list.problems { report(entry(problem.error, problem.range, in: file)) }
    reportRest(
      of: list.problemCount, shown: list.problems.count, kind: "entries", list.firstOmitted, file)
    guard list.problemCount == 0 else { return nil }
    return NetworkValue(
      addresses: list.addresses, written: list.written, entries: listEntries(list.entries))
  }

  /// The addresses in one column of the rows that `conditions` select; nil after a diagnostic.
  ///
  /// Spaces around a value do not count, in the addresses or in the conditions.
  mutating func readColumn(
    _ column: Located<String>, of path: Located<String>, where conditions: [ColumnCondition],
    keepingWritten: Bool
  ) -> NetworkValue? {
    guard let file = listFile(path) else { return nil }
    let bytes = sources[file].bytes
    let wanted = conditions.map { Set($0.values.map { Array($0.value.utf8)[...].trimmed }) }
    let columns =
      [CSVColumn(column.value, holdsAddresses: true)]
      + conditions.map { CSVColumn($0.column.value) }
    var entries = AddressEntries()
    var problems: [(error: AddressParseError, range: Range<Int>)] = []
    var problemCount = 0
    var firstOmitted: Range<Int>?
    let summary = CSVReader().read(bytes.span, columns: columns) { _, fields in
      for (index, values) in wanted.enumerated()
      where !values.contains(fields[index + 1].content(in: bytes)) {
        return
      }
      let field = fields[0]
      let content = field.content(in: bytes)
      do throws(AddressParseError) {
        entries.append(try parseAddressLiteral(content.span))
      } catch {
        problemCount += 1
        if problems.count < PrefixListReader.problemLimit {
          problems.append((error, field.span))
        } else if firstOmitted == nil {
          firstOmitted = field.span
        }
      }
    }
    for problem in summary.problems {
      report(row(problem, summary.header, in: file, [column] + conditions.map(\.column)))
    }
    reportRest(
      of: summary.problemCount, shown: summary.problems.count, kind: "rows",
      summary.problems.last?.range, file)
    for problem in problems { report(entry(problem.error, problem.range, in: file)) }
    reportRest(of: problemCount, shown: problems.count, kind: "entries", firstOmitted, file)
    guard summary.problemCount == 0, problemCount == 0 else { return nil }
    return NetworkValue(
      addresses: entries.addresses,
      written: keepingWritten ? WrittenAddresses(ipv4: entries.ipv4, ipv6: entries.ipv6) : nil,
      entries: listEntries(entries))
  }

  private func listEntries(_ entries: AddressEntries) -> NetworkEntries {
    countsEntries ? NetworkEntries(entries).distinct() : NetworkEntries()
  }

  /// Reads a list once, and enters it into the source map.
  mutating func listFile(_ path: Located<String>) -> SourceFileID? {
    // A path is relative to the file in which its author wrote it.
    let home = sources[(path.definition ?? path.span).file].home
    do throws(SourceError) {
      let source = try provider.read(path.value, from: home)
      if let known = listFiles[source.name] { return known }
      let file = sources.add(source.file)
      listFiles[source.name] = file
      return file
    } catch {
      report(unreadable(path, error))
      return nil
    }
  }

  private func unreadable(_ path: Located<String>, _ error: SourceError) -> Diagnostic {
    let name = path.value
    let (message, help) =
      switch error {
      case .notFound:
        ("no list is at `\(name)`", "a path is relative to the file that names it")
      case .notARegularFile(let kind):
        ("a list is a regular file: `\(name)` is a \(kind)", "name a file")
      case .outsideRoot(let root):
        (
          "a list lies inside the policy root: `\(name)` is outside `\(root)`",
          "move the file, or name a root above both with `--root`"
        )
      case .unknownStandardFile(let similar):
        (
          "the built-in library has no `\(name)`",
          similar.isEmpty
            ? "leave `std/` out to name a file of your own"
            : "it has \(similar.map { "`\($0)`" }.joined(separator: ", "))"
        )
      case .unreadable(_, let text):
        ("a list can be read: `\(name)` cannot (\(text))", "make the file readable")
      }
    return Diagnostic(
      .unreadableList, .error, message, at: path.span, help: [Diagnostic.Help(help)])
  }

  private func entry(_ error: AddressParseError, _ range: Range<Int>, in file: SourceFileID)
    -> Diagnostic
  {
    let span = SourceSpan(file: file, start: range.lowerBound, end: range.upperBound)
    var diagnostic = addressDiagnostic(error, Located(sources.text(of: span), span))
    diagnostic.code = .badListEntry
    return diagnostic
  }

  /// A missing column is the policy's mistake; everything else is the file's.
  private func row(
    _ problem: CSVProblem, _ header: [String], in file: SourceFileID, _ columns: [Located<String>]
  ) -> Diagnostic {
    let span = SourceSpan(
      file: file, start: problem.range.lowerBound, end: problem.range.upperBound)
    let help = problem.help.map { Diagnostic.Help($0) }
    if case .missingColumn(let name, let nearest, _) = problem.kind,
      let column = columns.first(where: { $0.value == name })
    {
      return Diagnostic(
        .badSelection, .error, problem.message, at: column.span,
        secondary: [Diagnostic.Label(span, "the header row")],
        help: [
          nearest.map {
            self.help("did you mean `\($0)`?", writing: $0, over: column)
          } ?? help ?? Diagnostic.Help("name a column of the header row")
        ])
    }
    return problem.diagnostic(header, in: file)
  }

  /// Stands behind those that are shown: diagnostics of one file are in the order of its text.
  mutating func reportRest(
    of count: Int, shown: Int, kind: String, _ range: Range<Int>?, _ file: SourceFileID
  ) {
    guard count > shown, let range else { return }
    report(
      Diagnostic(
        .badListEntry, .error, "\(count) \(kind) cannot be read; the first \(shown) are shown",
        at: SourceSpan(file: file, start: range.lowerBound, end: range.upperBound)))
  }
}

extension CSVField {
  /// Its bytes without the spaces and tabs around them.
  fileprivate func content(in bytes: [UInt8]) -> [UInt8] {
    if hasDoubledQuotes { return Array(text(in: bytes.span).utf8)[...].trimmed }
    return bytes[range].trimmed
  }
}

extension ArraySlice<UInt8> {
  fileprivate var trimmed: [UInt8] {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    guard let first = firstIndex(where: { !isBlank($0) }),
      let last = lastIndex(where: { !isBlank($0) })
    else { return [] }
    return Array(self[first...last])
  }
}
