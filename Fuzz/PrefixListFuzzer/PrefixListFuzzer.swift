/// Reads any bytes as a prefix list and as CSV, and holds the readers to what they promise.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPrefixList(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let list = CorpusList(Array(UnsafeBufferPointer(start: start, count: count)))
  // An optimised `precondition` traps without its message.
  for promise in list.brokenPromises { debugPrint(promise) }
  precondition(list.brokenPromises.isEmpty)
  return 0
}
