/// What a prefix list holds, and what in it could not be read.
package struct PrefixList: Sendable {
  package var addresses: AddressSet
  /// The entries as they stand in the list; nil unless asked for.
  package var written: WrittenAddresses?
  /// What was read, in the order of the file, before overlaps and duplicates were merged.
  package var entries: AddressEntries
  /// The first problems, in the order of the file; at most `PrefixListReader.problemLimit`.
  package var problems: [Problem]
  /// All of them.
  package var problemCount: Int
  /// The first entry that could not be read and is not among `problems`: half-open, byte offsets.
  package var firstOmitted: Range<Int>?

  /// An entry that could not be read.
  package struct Problem: Hashable, Sendable {
    /// From 1.
    package var line: Int
    /// The entry without its comment and the spaces around it: half-open, byte offsets.
    package var range: Range<Int>
    package var error: AddressParseError

    package init(line: Int, range: Range<Int>, error: AddressParseError) {
      self.line = line
      self.range = range
      self.error = error
    }
  }
}

/// Reads prefix lists: one address, prefix or range a line.
///
/// `#` begins a comment, on a line of its own or after an entry. Blank lines, spaces and tabs around
/// an entry, CRLF and a UTF-8 byte order mark are accepted. A line that cannot be read is a problem
/// and the reading goes on. Any bytes are safe to read.
package enum PrefixListReader {
  /// How many problems are described; the rest are counted.
  package static let problemLimit = 20

  /// Reads a whole list.
  ///
  /// Linear in the bytes, then O(n log n) in the entries unless they are sorted. Memory is that of
  /// the intervals: 8 bytes for an IPv4 entry and 32 for an IPv6 one, twice while they are merged.
  /// `keepingWritten` needs as much again.
  package static func read(_ bytes: Span<UInt8>, keepingWritten: Bool = false) -> PrefixList {
    var entries = AddressEntries()
    var problems: [PrefixList.Problem] = []
    var problemCount = 0
    var firstOmitted: Range<Int>?
    let end = bytes.count
    var cursor = byteOrderMarkLength(bytes)
    var line = 1
    while cursor < end {
      let start = cursor
      while cursor < end, bytes[cursor] != Ascii.newline, bytes[cursor] != Ascii.hash {
        cursor += 1
      }
      let entry = trimmed(bytes, start..<cursor)
      if !entry.isEmpty {
        do throws(AddressParseError) {
          entries.append(try parseAddressLiteral(bytes, in: entry))
        } catch {
          problemCount += 1
          if problems.count < problemLimit {
            problems.append(PrefixList.Problem(line: line, range: entry, error: error))
          } else if firstOmitted == nil {
            firstOmitted = entry
          }
        }
      }
      while cursor < end, bytes[cursor] != Ascii.newline { cursor += 1 }
      cursor += 1
      line += 1
    }
    return PrefixList(
      addresses: entries.addresses,
      written: keepingWritten ? WrittenAddresses(ipv4: entries.ipv4, ipv6: entries.ipv6) : nil,
      entries: entries, problems: problems, problemCount: problemCount,
      firstOmitted: firstOmitted)
  }

  /// The range without the spaces, tabs and carriage returns at its ends.
  @inline(__always)
  private static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper, isBlank(bytes[lower]) { lower += 1 }
    while lower < upper, isBlank(bytes[upper - 1]) { upper -= 1 }
    return lower..<upper
  }

  @inline(__always)
  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == Ascii.space || byte == Ascii.tab || byte == Ascii.carriageReturn
  }
}

/// 3 when the bytes begin with the UTF-8 encoding of U+FEFF, else 0.
func byteOrderMarkLength(_ bytes: Span<UInt8>) -> Int {
  bytes.count >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf ? 3 : 0
}
