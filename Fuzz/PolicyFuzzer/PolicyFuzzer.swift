import Diagnostics
import Lowering
import NetworkTypes
import Nftables
import PolicyLanguage

/// Reads any bytes as a policy, resolves and compiles what can be, and renders what is wrong.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPolicy(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var policy = CorpusPolicy(Array(UnsafeBufferPointer(start: start, count: count)))
  if let resolved = policy.resolved {
    let lowered = lower(resolved, sources: policy.sources, digest: "0123456789abcdef")
    policy.check(lowered)
    if let table = lowered.value?.table {
      let problems = validate(table)
      keep(problems.map { "\($0)" })
      precondition(!emitText(table).isEmpty && !emitJSON(table).isEmpty)
    }
  }
  keep(policy.brokenPromises)
  return 0
}

/// Says which promises were broken: an optimised `precondition` would trap without its message.
private func keep(_ brokenPromises: [String]) {
  for promise in brokenPromises { debugPrint(promise) }
  precondition(brokenPromises.isEmpty)
}
