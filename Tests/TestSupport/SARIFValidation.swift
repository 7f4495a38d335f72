import Foundation

/// What the SARIF 2.1.0 specification (OASIS, errata 01) demands of the objects that fwpolicy writes.
///
/// Written from the specification's text: for each object the properties that it may and must have
/// with the types of their values, and the constraints between them. A property that fwpolicy does not
/// write is a violation here even where SARIF has it, so that a new one is described before it is
/// written.
package struct SARIFValidation {
  /// `$.runs[0].results[3].level: "bad" is none of …`; empty for a valid document.
  package private(set) var violations: [String] = []
  /// Of the run in hand.
  private var ruleIDs: [String] = []

  package init(of text: String) {
    guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else {
      violations = ["$: not JSON"]
      return
    }
    check(value, .log, at: "$")
  }

  /// The type of a value.
  fileprivate indirect enum Kind: Sendable {
    case text(nonEmpty: Bool)
    case choice([String])
    case uri(isAbsolute: Bool)
    /// At least this.
    case integer(Int)
    case list(Kind, atLeast: Int, unique: Bool)
    case object(Shape)
    case anyObject
  }

  fileprivate struct Property: Sendable {
    var kind: Kind
    var isRequired = false
  }

  fileprivate struct Shape: Sendable {
    var properties: [String: Property]
    var constraint: Constraint?
  }

  /// What no single property says.
  fileprivate enum Constraint { case log, run, result, region, reportingDescriptor }

  private mutating func check(_ value: Any, _ shape: Shape, at path: String) {
    guard let object = value as? [String: Any] else {
      violations.append("\(path): an object is expected")
      return
    }
    for (name, property) in shape.properties where property.isRequired && object[name] == nil {
      violations.append("\(path): `\(name)` is missing")
    }
    if shape.constraint == .run { learnRules(of: object) }
    for (name, value) in object.sorted(by: { $0.key < $1.key }) {
      guard let property = shape.properties[name] else {
        violations.append("\(path): `\(name)` is unknown")
        continue
      }
      check(value, property.kind, at: "\(path).\(name)")
    }
    switch shape.constraint {
    case .result: checkResult(object, at: path)
    case .region: checkRegion(object, at: path)
    case .log, .run, .reportingDescriptor, nil: break
    }
  }

  private mutating func check(_ value: Any, _ kind: Kind, at path: String) {
    switch kind {
    case .text(let nonEmpty):
      guard let text = value as? String else { return violations.append("\(path): no text") }
      if nonEmpty, text.isEmpty { violations.append("\(path): empty") }
    case .choice(let words):
      guard let text = value as? String, words.contains(text) else {
        return violations.append("\(path): \(value) is none of \(words)")
      }
    case .uri(let isAbsolute):
      guard let text = value as? String, Self.isURI(text, isAbsolute: isAbsolute) else {
        return violations.append("\(path): \(value) is no URI (RFC 3986)")
      }
    case .integer(let least):
      // A JSON `true` is an NSNumber, too.
      guard let number = value as? NSNumber, "\(number)" == "\(number.intValue)",
        String(cString: number.objCType) != "c", number.intValue >= least
      else { return violations.append("\(path): no integer from \(least)") }
    case .list(let element, let least, let unique):
      guard let list = value as? [Any] else { return violations.append("\(path): no array") }
      if list.count < least { violations.append("\(path): fewer than \(least) elements") }
      if unique, Set(list.map { "\($0)" }).count < list.count {
        violations.append("\(path): two equal elements")
      }
      for (index, value) in list.enumerated() { check(value, element, at: "\(path)[\(index)]") }
    case .object(let shape): check(value, shape, at: path)
    case .anyObject:
      if !(value is [String: Any]) { violations.append("\(path): no object") }
    }
  }

  // MARK: What holds between properties

  /// §3.19.23: rules have ids, and no two the same.
  private mutating func learnRules(of run: [String: Any]) {
    let driver = (run["tool"] as? [String: Any])?["driver"] as? [String: Any]
    ruleIDs = (driver?["rules"] as? [[String: Any]] ?? []).map { $0["id"] as? String ?? "" }
    if Set(ruleIDs).count < ruleIDs.count { violations.append("rules: an id twice") }
  }

  /// §3.27.6: the index is one of the driver's rules, and of the same id.
  private mutating func checkResult(_ result: [String: Any], at path: String) {
    guard let index = result["ruleIndex"] as? Int, let id = result["ruleId"] as? String else {
      return violations.append("\(path): no rule")
    }
    guard ruleIDs.indices.contains(index) else {
      return violations.append("\(path).ruleIndex: \(index) is out of range")
    }
    if ruleIDs[index] != id {
      violations.append("\(path).ruleIndex: rule \(index) is \(ruleIDs[index]), not \(id)")
    }
    let ids = (result["relatedLocations"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? Int }
    if Set(ids).count < ids.count { violations.append("\(path).relatedLocations: an id twice") }
  }

  /// §3.30: the end is not before the start.
  private mutating func checkRegion(_ region: [String: Any], at path: String) {
    guard let line = region["startLine"] as? Int, let endLine = region["endLine"] as? Int,
      let column = region["startColumn"] as? Int, let endColumn = region["endColumn"] as? Int
    else { return }
    if (line, column) > (endLine, endColumn) { violations.append("\(path): ends before it starts") }
  }

  /// RFC 3986: the characters of a URI, percent-encoding whole, and a scheme where one is asked for.
  static func isURI(_ text: String, isAbsolute: Bool) -> Bool {
    let allowed = Set(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%")
    guard !text.isEmpty, text.allSatisfy({ allowed.contains($0) }) else { return false }
    for part in text.split(separator: "%", omittingEmptySubsequences: false).dropFirst() {
      guard part.count >= 2, part.prefix(2).allSatisfy(\.isHexDigit) else { return false }
    }
    let first = text.prefix { !"/?#".contains($0) }
    return isAbsolute ? first.contains(":") : !first.contains(":")
  }
}

// MARK: The objects, by section of the specification

extension SARIFValidation.Shape {
  fileprivate typealias Property = SARIFValidation.Property
  fileprivate typealias Kind = SARIFValidation.Kind

  private static let text = Property(kind: .text(nonEmpty: false))
  private static let requiredText = Property(kind: .text(nonEmpty: true), isRequired: true)
  private static func list(_ kind: Kind, atLeast: Int = 0, unique: Bool = false) -> Kind {
    .list(kind, atLeast: atLeast, unique: unique)
  }

  /// §3.13.
  fileprivate static let log = Self(
    properties: [
      "$schema": Property(kind: .uri(isAbsolute: true)),
      "version": Property(kind: .choice(["2.1.0"]), isRequired: true),
      "runs": Property(kind: list(.object(run)), isRequired: true),
    ], constraint: .log)

  /// §3.14.
  private static let run = Self(
    properties: [
      "tool": Property(
        kind: .object(
          Self(properties: ["driver": Property(kind: .object(driver), isRequired: true)])),
        isRequired: true),
      "columnKind": Property(kind: .choice(["utf16CodeUnits", "unicodeCodePoints"])),
      "results": Property(kind: list(.object(result))),
      "properties": Property(kind: .anyObject),
    ], constraint: .run)

  /// §3.19.
  private static let driver = Self(properties: [
    "name": requiredText, "version": text,
    "rules": Property(kind: list(.object(reportingDescriptor), unique: true)),
  ])

  /// §3.49.
  private static let reportingDescriptor = Self(
    properties: [
      "id": requiredText, "name": text,
      "shortDescription": Property(kind: .object(multiformatMessage)),
      "fullDescription": Property(kind: .object(multiformatMessage)),
      "help": Property(kind: .object(multiformatMessage)),
      "defaultConfiguration": Property(kind: .object(reportingConfiguration)),
      "properties": Property(kind: .object(tags)),
    ], constraint: .reportingDescriptor)

  /// §3.12: Markdown only beside plain text.
  private static let multiformatMessage = Self(properties: ["text": requiredText, "markdown": text])

  /// §3.50.
  private static let reportingConfiguration = Self(properties: [
    "level": Property(kind: .choice(["none", "note", "warning", "error"]))
  ])

  /// §3.8.2.
  private static let tags = Self(properties: [
    "tags": Property(kind: list(.text(nonEmpty: true), unique: true))
  ])

  /// §3.27.
  private static let result = Self(
    properties: [
      "ruleId": text, "ruleIndex": Property(kind: .integer(0)),
      "level": Property(kind: .choice(["none", "note", "warning", "error"])),
      "message": Property(kind: .object(message), isRequired: true),
      "locations": Property(kind: list(.object(location))),
      "relatedLocations": Property(kind: list(.object(location), unique: true)),
      "fixes": Property(kind: list(.object(fix), unique: true)),
      "suppressions": Property(kind: list(.object(suppression), unique: true)),
    ], constraint: .result)

  /// §3.11: a message has a text, or an id that fwpolicy does not use.
  private static let message = Self(properties: ["text": requiredText])

  /// §3.28.
  private static let location = Self(properties: [
    "id": Property(kind: .integer(0)),
    "physicalLocation": Property(kind: .object(physicalLocation), isRequired: true),
    "message": Property(kind: .object(message)),
  ])

  /// §3.29: it has an address or an artifact.
  private static let physicalLocation = Self(properties: [
    "artifactLocation": Property(kind: .object(artifactLocation), isRequired: true),
    "region": Property(kind: .object(region)),
  ])

  /// §3.4.
  private static let artifactLocation = Self(properties: [
    "uri": Property(kind: .uri(isAbsolute: false), isRequired: true)
  ])

  /// §3.30.
  private static let region = Self(
    properties: [
      "startLine": Property(kind: .integer(1)), "startColumn": Property(kind: .integer(1)),
      "endLine": Property(kind: .integer(1)), "endColumn": Property(kind: .integer(1)),
      "byteOffset": Property(kind: .integer(0)), "byteLength": Property(kind: .integer(0)),
    ], constraint: .region)

  /// §3.55 to §3.57.
  private static let fix = Self(properties: [
    "description": Property(kind: .object(message)),
    "artifactChanges": Property(
      kind: list(
        .object(
          Self(properties: [
            "artifactLocation": Property(kind: .object(artifactLocation), isRequired: true),
            "replacements": Property(
              kind: list(
                .object(
                  Self(properties: [
                    "deletedRegion": Property(kind: .object(region), isRequired: true),
                    "insertedContent": Property(
                      kind: .object(Self(properties: ["text": text]))),
                  ])), atLeast: 1), isRequired: true),
          ])), atLeast: 1, unique: true), isRequired: true),
  ])

  /// §3.35.
  private static let suppression = Self(properties: [
    "kind": Property(kind: .choice(["inSource", "external"]), isRequired: true),
    "justification": text, "location": Property(kind: .object(location)),
  ])
}
