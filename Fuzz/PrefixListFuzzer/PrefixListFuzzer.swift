import NetworkTypes

/// Reads any bytes as a prefix list and holds the reader to what it promises.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPrefixList(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeBufferPointer(start: start, count: count)
  let list = PrefixListReader.read(bytes.span)
  precondition(list.problems.count == min(list.problemCount, PrefixListReader.problemLimit))
  for problem in list.problems {
    precondition(problem.line >= 1 && !problem.range.isEmpty && problem.range.upperBound <= count)
    precondition(!problem.error.message.isEmpty)
    _ = problem.error.help
  }
  // What was read prints as a list that reads as the same set.
  if list.addresses.isEmpty || list.addresses.isAny { return 0 }
  let printed = list.addresses.description.split(separator: ", ").joined(separator: "\n")
  let again = PrefixListReader.read(Array(printed.utf8).span)
  precondition(again.problemCount == 0 && again.addresses == list.addresses)
  return 0
}
