/// Where the edges of all nodes lie: memory that is handed out piece by piece, never moves and is
/// given back all at once.
struct EdgeMemory: ~Copyable {
  private var chunks: [UnsafeMutableRawPointer] = []
  private var next = UnsafeMutableRawPointer(bitPattern: 16)
  private var left = 0
  private(set) var bytes = 0

  private static let smallestChunk = 16 << 10
  private static let largestChunk = 1 << 20
  /// Of the widest bound.
  private static let alignment = 16

  init() {}

  deinit { for chunk in chunks { chunk.deallocate() } }

  /// How many bytes more a piece will take from the system.
  func growth(for size: Int) -> Int {
    Self.rounded(size) <= left ? 0 : max(Self.rounded(size), nextChunk)
  }

  /// An uninitialised piece, aligned for every bound.
  mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    let size = Self.rounded(size)
    if size <= left, let piece = next {
      next = piece + size
      left -= size
      return piece
    }
    let chunkSize = max(size, nextChunk)
    let chunk = UnsafeMutableRawPointer.allocate(
      byteCount: chunkSize, alignment: Self.alignment)
    chunks.append(chunk)
    bytes += chunkSize
    // What a large piece leaves is less than what the chunk before still has.
    if chunkSize - size >= left {
      next = chunk + size
      left = chunkSize - size
    }
    return chunk
  }

  /// As much as there is already, so that small arenas stay small and large ones ask rarely.
  private var nextChunk: Int { min(max(bytes, Self.smallestChunk), Self.largestChunk) }

  private static func rounded(_ size: Int) -> Int { (size + alignment - 1) & ~(alignment - 1) }
}
