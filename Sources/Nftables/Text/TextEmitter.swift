import NetworkTypes

/// The table as a file for `nft -f`, in the grammar that 1.0.2 and later share.
///
/// One transaction replaces the table whether or not it was there. `header` becomes `#` lines at the
/// top. Text of the policy cannot leave its place: comments and prefixes are made safe and names are
/// kept to what an identifier can hold. Linear in the output; no allocation per element.
package func emitText(_ table: Table, header: [String] = []) -> [UInt8] {
  var emitter = TextEmitter()
  emitter.emit(table, header: header)
  return emitter.out.bytes
}

/// Writes declarations; statements are in an extension of their own.
struct TextEmitter {
  var out = ByteWriter()

  mutating func emit(_ table: Table, header: [String]) {
    out.bytes.reserveCapacity(4096 + 96 * table.objects.count + 24 * elementCount(of: table))
    for line in header {
      out.write("# ")
      out.write(safeComment(line, limit: 1024))
      out.write("\n")
    }
    let name = safeName(table.name)
    for verb: StaticString in ["table inet ", "delete table inet "] {
      out.write(verb)
      out.write(name)
      out.write("\n")
    }
    out.write("table inet ")
    out.write(name)
    out.write(" {\n")
    emitCommentLine(table.comment, indent: "\t")
    for object in table.objects { emit(object) }
    for set in table.sets { emit(set) }
    for chain in table.chains { emit(chain) }
    out.write("}\n")
  }

  private func elementCount(of table: Table) -> Int {
    table.sets.reduce(0) { count, set in
      switch set.elements {
      case .none: count
      case .ipv4(let set): count + set.intervals.count
      case .ipv6(let set): count + 2 * set.intervals.count
      case .tuples(let elements): count + 2 * elements.count
      }
    }
  }

  private mutating func emitCommentLine(_ comment: String?, indent: StaticString) {
    guard let comment, !comment.isEmpty else { return }
    out.write(indent)
    emitComment(comment)
    out.write("\n")
  }

  private mutating func emitComment(_ comment: String) {
    out.write("comment \"")
    out.write(safeComment(comment))
    out.write("\"")
  }

  private mutating func emit(_ object: Object) {
    switch object.kind {
    case .counter:
      out.write("\tcounter ")
      out.write(safeName(object.name))
      out.write(" {\n")
    case .ctHelper(let type, let transport):
      out.write("\tct helper ")
      out.write(safeName(object.name))
      out.write(" {\n\t\ttype \"")
      out.write(safeComment(type, limit: 15))
      switch transport {
      case .tcp: out.write("\" protocol tcp\n")
      case .udp: out.write("\" protocol udp\n")
      }
      out.write("\t\tl3proto inet\n")
    }
    emitCommentLine(object.comment, indent: "\t\t")
    out.write("\t}\n")
  }

  private mutating func emit(_ set: NamedSet) {
    switch set.kind {
    case .set: out.write("\tset ")
    case .verdictMap, .counterMap: out.write("\tmap ")
    }
    out.write(safeName(set.name))
    out.write(" {\n\t\ttype ")
    for (index, type) in set.key.enumerated() {
      if index > 0 { out.write(" . ") }
      out.write(type.name)
    }
    switch set.kind {
    case .set: break
    case .verdictMap: out.write(" : verdict")
    case .counterMap: out.write(" : counter")
    }
    out.write("\n")
    if let size = set.size {
      out.write("\t\tsize ")
      out.write(decimal: UInt64(size))
      out.write("\n")
    }
    let flags = set.flagNames
    if !flags.isEmpty {
      out.write("\t\tflags ")
      out.write(flags.joined(separator: ","))
      out.write("\n")
    }
    if let timeout = set.timeoutSeconds {
      out.write("\t\ttimeout ")
      out.write(decimal: timeout)
      out.write("s\n")
    }
    emitCommentLine(set.comment, indent: "\t\t")
    emit(set.elements, key: set.key)
    out.write("\t}\n")
  }

  private mutating func emit(_ elements: Elements, key: [DataType]) {
    guard !elements.isEmpty else { return }
    out.write("\t\telements = {\n")
    switch elements {
    case .none: break
    case .ipv4(let set):
      for interval in set.intervals {
        out.write("\t\t\t")
        out.write(ipv4Interval: interval)
        out.write(",\n")
      }
    case .ipv6(let set):
      for interval in set.intervals {
        out.write("\t\t\t")
        out.write(ipv6Interval: interval)
        out.write(",\n")
      }
    case .tuples(let elements):
      for element in elements {
        out.write("\t\t\t")
        for (index, field) in element.key.enumerated() {
          if index > 0 { out.write(" . ") }
          emit(field, as: index < key.count ? key[index] : .mark)
        }
        if let verdict = element.verdict {
          out.write(" : ")
          emit(verdict)
        }
        if let counter = element.counter {
          out.write(" : \"")
          out.write(safeName(counter))
          out.write("\"")
        }
        out.write(",\n")
      }
    }
    // The last element has no comma: older grammars read none there.
    out.bytes.removeLast(2)
    out.write("\n\t\t}\n")
  }

  private mutating func emit(_ field: ElementField, as type: DataType) {
    switch field {
    case .interface(let name): emitInterface(name, isWildcard: false)
    case .range(let lower, let upper):
      switch type {
      case .ipv4Address:
        out.write(
          ipv4Interval: .init(
            UInt32(truncatingIfNeeded: lower), UInt32(truncatingIfNeeded: upper)))
      case .ipv6Address: out.write(ipv6Interval: .init(lower, upper))
      default:
        emit(number: lower, as: type)
        if lower != upper {
          out.write("-")
          emit(number: upper, as: type)
        }
      }
    }
  }

  /// A number of the type, by the word that a listing shows where there is one.
  mutating func emit(number: UInt128, as type: DataType) {
    switch type {
    case .ipv4Address: out.write(ipv4: UInt32(truncatingIfNeeded: number))
    case .ipv6Address: out.write(ipv6: number)
    default:
      if let symbol = symbol(of: number, as: type) {
        out.write(symbol)
      } else {
        out.write(decimal: UInt64(truncatingIfNeeded: number))
      }
    }
  }

  mutating func emitInterface(_ name: String, isWildcard: Bool) {
    out.write("\"")
    out.write(safeComment(name, limit: 15))
    out.write(isWildcard ? "*\"" : "\"")
  }

  mutating func emit(_ verdict: Verdict) {
    switch verdict {
    case .accept: out.write("accept")
    case .drop: out.write("drop")
    case .return: out.write("return")
    case .jump(let chain):
      out.write("jump ")
      out.write(safeName(chain))
    case .goto(let chain):
      out.write("goto ")
      out.write(safeName(chain))
    }
  }

  private mutating func emit(_ chain: Chain) {
    out.write("\tchain ")
    out.write(safeName(chain.name))
    out.write(" {\n")
    if let base = chain.base {
      out.write("\t\ttype filter hook ")
      out.write(base.hook.name)
      out.write(" priority ")
      out.write(signed: base.priority)
      switch base.policy {
      case .accept: out.write("; policy accept;\n")
      case .drop: out.write("; policy drop;\n")
      }
    }
    emitCommentLine(chain.comment, indent: "\t\t")
    for rule in chain.rules {
      out.write("\t\t")
      for (index, statement) in rule.statements.enumerated() {
        if index > 0 { out.write(" ") }
        emit(statement)
      }
      if let comment = rule.comment, !comment.isEmpty {
        out.write(" ")
        emitComment(comment)
      }
      out.write("\n")
    }
    out.write("\t}\n")
  }
}

extension NamedSet {
  /// As written after `flags`.
  var flagNames: [String] {
    var flags: [String] = []
    if isInterval { flags.append("interval") }
    if isDynamic { flags.append("dynamic") }
    if hasTimeouts { flags.append("timeout") }
    return flags
  }
}

extension ByteWriter {
  /// One address, one prefix, or `first-last`.
  mutating func write(ipv4Interval interval: IntervalSet<UInt32>.Interval) {
    write(ipv4: interval.lower)
    if interval.lower == interval.upper { return }
    if let length = interval.prefixLength {
      write("/")
      write(decimal: UInt64(length))
    } else {
      write("-")
      write(ipv4: interval.upper)
    }
  }

  /// One address, one prefix, or `first-last`.
  mutating func write(ipv6Interval interval: IntervalSet<UInt128>.Interval) {
    write(ipv6: interval.lower)
    if interval.lower == interval.upper { return }
    if let length = interval.prefixLength {
      write("/")
      write(decimal: UInt64(length))
    } else {
      write("-")
      write(ipv6: interval.upper)
    }
  }
}
