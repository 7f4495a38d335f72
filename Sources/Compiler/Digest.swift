package import Diagnostics

/// The SHA-256 of everything that a compilation has read, in the order of reading.
///
/// For each file its name's length, its name, its length and its bytes, lengths as eight bytes in
/// network order. Values files and settings are files of the map and so are part of it.
package func digest(of sources: SourceMap) -> String {
  var hash = SHA256()
  hash.update(Array("fwpolicy inputs 1\n".utf8))
  func length(_ count: Int) -> [UInt8] {
    stride(from: UInt64(56), through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: UInt64(count) >> $0)
    }
  }
  for file in sources.files {
    let name = Array(file.name.utf8)
    hash.update(length(name.count) + name)
    hash.update(length(file.bytes.count))
    hash.update(file.bytes)
  }
  return hash.finalizedHexadecimal()
}
