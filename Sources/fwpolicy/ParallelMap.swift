import Glibc
import Synchronization

/// Applies a function to every element, on a number of threads, the caller's included; the results
/// are in the order of the elements.
///
/// Threads and not tasks: each has a whole stack, as the recursion over nested text and diagrams
/// expects. Where no thread can be made the caller's does everything.
func parallelMap<Element: Sendable, Value: Sendable>(
  _ elements: [Element], threads: Int, _ function: @escaping @Sendable (Element) -> Value
) -> [Value] {
  let results = Results<Value>()
  // Whichever thread is free takes the next element.
  let job = Job {
    while let index = results.next(of: elements.count) {
      results.keep(function(elements[index]), at: index)
    }
  }
  var others: [pthread_t] = []
  for _ in 1..<max(min(threads, elements.count), 1) {
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(job)
    let failure = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, argument.toOpaque())
    if failure == 0 { others.append(thread) } else { argument.release() }
  }
  job.body()
  for thread in others { pthread_join(thread, nil) }
  return results.inOrder
}

/// How many cores this machine has to give.
var availableCores: Int { max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1) }

private final class Job: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private final class Results<Value: Sendable>: Sendable {
  private let state = Mutex<(next: Int, values: [Int: Value])>((0, [:]))

  func next(of count: Int) -> Int? {
    state.withLock { state in
      guard state.next < count else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  func keep(_ value: Value, at index: Int) {
    state.withLock { $0.values[index] = value }
  }

  /// Call it when every thread has ended.
  var inOrder: [Value] {
    state.withLock { state in (0..<state.next).compactMap { state.values[$0] } }
  }
}
