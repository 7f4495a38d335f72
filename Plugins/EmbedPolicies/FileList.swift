import Foundation

/// Every regular file below a folder: the inputs that make the embedding run again.
struct FileList {
  let files: [URL]

  init(under folder: URL) throws {
    let walker = FileManager.default.enumerator(
      at: folder, includingPropertiesForKeys: [.isRegularFileKey])
    var found: [URL] = []
    while let file = walker?.nextObject() as? URL {
      if try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
        found.append(file)
      }
    }
    files = found.sorted { $0.path < $1.path }
  }
}
