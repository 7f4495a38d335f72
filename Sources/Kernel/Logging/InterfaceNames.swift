import CNetfilter
import Glibc

/// The names of interfaces by their index, each asked for once until everything is forgotten.
///
/// Of the namespace that the thread is in. An index may be another interface's later on, so whoever
/// keeps a value calls `forget` now and then.
package struct InterfaceNames: Sendable {
  private var known: [UInt32: String?] = [:]

  package init() {}

  /// Nil where there is no such interface any more.
  package subscript(index: UInt32) -> String? {
    mutating get {
      if let known = known[index] { return known }
      let name = Self.name(of: index)
      known[index] = .some(name)
      return name
    }
  }

  package mutating func forget() { known = [:] }

  /// The index of an interface; nil where there is none of that name.
  package static func index(of name: String) -> UInt32? {
    let index = if_nametoindex(name)
    return index == 0 ? nil : index
  }

  /// if_indextoname(3).
  static func name(of index: UInt32) -> String? {
    var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    guard if_indextoname(index, &name) != nil else { return nil }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
