import Lowering
import Nftables

/// Reads any bytes as a policy, resolves and compiles what can be, and renders what is wrong.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPolicy(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var policy = CorpusPolicy(Array(UnsafeBufferPointer(start: start, count: count)))
  if let resolved = policy.resolved {
    let lowered = lower(resolved, sources: policy.sources, digest: "0123456789abcdef")
    policy.check(lowered)
    if let table = lowered.value?.table {
      let problems = validate(table)
      precondition(problems.isEmpty, "\(problems)")
      precondition(!emitText(table).isEmpty && !emitJSON(table).isEmpty)
    }
  }
  precondition(policy.brokenPromises.isEmpty, "\(policy.brokenPromises)")
  return 0
}
