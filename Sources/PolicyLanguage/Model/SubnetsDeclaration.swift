package import Diagnostics

/// `smtp-egress.subnets`, as written: inventories by file, and rows in the policy itself.
package struct SubnetsDeclaration: Sendable {
  package enum Part: Sendable {
    case row(SubnetRow)
    case file(InventoryFile)

    package var waivers: [Waiver] {
      switch self {
      case .row(let row): row.waivers
      case .file(let file): file.waivers
      }
    }
  }

  package var parts: [Part]
  package var keySpan: SourceSpan
  package var span: SourceSpan

  package init(parts: [Part], keySpan: SourceSpan, span: SourceSpan) {
    self.parts = parts
    self.keySpan = keySpan
    self.span = span
  }
}

/// A row of the inventory that stands in the policy.
package struct SubnetRow: Sendable {
  package var prefix: Located<String>
  package var name: Located<String>
  package var answer: Located<SubnetAnswer>
  package var owner: Located<String>?
  package var ticket: Located<String>?
  package var expires: Located<Timestamp>?
  package var waivers: [Waiver]
  package var span: SourceSpan

  package init(
    prefix: Located<String>, name: Located<String>, answer: Located<SubnetAnswer>,
    span: SourceSpan
  ) {
    self.prefix = prefix
    self.name = name
    self.answer = answer
    self.span = span
    waivers = []
  }
}

/// An inventory in a file of its own, and how its columns and words are read.
package struct InventoryFile: Sendable {
  package enum Format: Sendable {
    case csv(delimiter: UInt8, comment: UInt8?)
    case json
    case yaml
  }

  /// What a row says; raw values are the keys of `columns`.
  package enum Column: String, Sendable, CaseIterable {
    case prefix
    case name
    case smtp
    case owner
    case ticket
    case expires

    /// Whether an inventory without it says nothing.
    package var isRequired: Bool {
      switch self {
      case .prefix, .name, .smtp: true
      case .owner, .ticket, .expires: false
      }
    }
  }

  /// A word of the export's own, and what it means.
  package struct Word: Sendable {
    package var text: Located<String>
    package var answer: SubnetAnswer

    package init(text: Located<String>, answer: SubnetAnswer) {
      self.text = text
      self.answer = answer
    }
  }

  package var path: Located<String>
  package var format: Format
  /// What the file calls a column that it does not call by its own name.
  package var columns: [Column: Located<String>]
  package var words: [Word]
  package var conditions: [ColumnCondition]
  package var mayBeEmpty: Located<Bool>?
  package var atLeast: Located<Int>?
  package var waivers: [Waiver]
  package var span: SourceSpan

  package init(path: Located<String>, format: Format, span: SourceSpan) {
    self.path = path
    self.format = format
    self.span = span
    columns = [:]
    words = []
    conditions = []
    waivers = []
  }
}
