/// A JSON text under construction: separators are placed by the writer.
///
/// RFC 8259.
struct JSONWriter {
  var out = ByteWriter()
  private var needsComma = false

  mutating func object(_ body: (inout JSONWriter) -> Void) {
    open("{")
    body(&self)
    close("}")
  }

  mutating func array(_ body: (inout JSONWriter) -> Void) {
    open("[")
    body(&self)
    close("]")
  }

  /// An object of one member.
  mutating func object(_ key: StaticString, _ body: (inout JSONWriter) -> Void) {
    object { writer in
      writer.key(key)
      body(&writer)
    }
  }

  mutating func key(_ key: StaticString) {
    separate()
    out.write("\"")
    out.write(key)
    out.write("\":")
    needsComma = false
  }

  mutating func string(_ text: String) {
    separate()
    out.write("\"")
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): out.write("\\\"")
      case UInt8(ascii: "\\"): out.write("\\\\")
      case 0..<0x20:
        out.write("\\u00")
        out.write(byte: byte < 16 ? 48 : 49)
        let digit = byte & 15
        out.write(byte: digit < 10 ? 48 + digit : 87 + digit)
      default: out.write(byte: byte)
      }
    }
    out.write("\"")
    needsComma = true
  }

  mutating func number(_ value: UInt64) {
    separate()
    out.write(decimal: value)
    needsComma = true
  }

  mutating func number(signed value: Int32) {
    separate()
    out.write(signed: value)
    needsComma = true
  }

  mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  mutating func null() { raw("null") }

  /// A string of bytes that need no escape, such as an address.
  mutating func plainString(_ body: (inout ByteWriter) -> Void) {
    separate()
    out.write("\"")
    body(&out)
    out.write("\"")
    needsComma = true
  }

  /// A line break where a value may follow, so that the text can be read and compared by lines.
  mutating func newline() {
    separate()
    needsComma = false
    out.write("\n")
  }

  private mutating func raw(_ text: StaticString) {
    separate()
    out.write(text)
    needsComma = true
  }

  private mutating func open(_ bracket: StaticString) {
    separate()
    out.write(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: StaticString) {
    out.write(bracket)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { out.write(",") }
  }
}
