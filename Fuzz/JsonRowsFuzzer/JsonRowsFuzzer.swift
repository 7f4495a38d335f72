/// Reads any bytes as rows of JSON, and holds the reader to what it promises.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSONRows(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let rows = CorpusRows(Array(UnsafeBufferPointer(start: start, count: count)))
  // An optimised `precondition` traps without its message.
  for promise in rows.brokenPromises { debugPrint(promise) }
  precondition(rows.brokenPromises.isEmpty)
  return 0
}
