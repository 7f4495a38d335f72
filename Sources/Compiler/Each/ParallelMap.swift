import Glibc
import Synchronization

/// How many processors work at once.
package var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

/// The results of a function for many inputs, in their order, worked out on several processors.
///
/// - Parameter workers: how many at once, this thread among them; what comes out does not depend on it.
package func parallelMap<Input: Sendable, Output: Sendable>(
  _ inputs: [Input], workers: Int = processorCount,
  _ transform: @escaping @Sendable (Input) -> Output
) -> [Output] {
  let work = Work(inputs, transform)
  var threads: [pthread_t] = []
  for _ in 0..<max(0, min(workers, inputs.count) - 1) {
    // Without a thread more the others do its part.
    if let thread = startThread({ work.run() }) { threads.append(thread) }
  }
  work.run()
  for thread in threads { pthread_join(thread, nil) }
  return work.results
}

/// The results of two functions, worked out at once where there are two processors.
package func inParallel<First: Sendable, Second: Sendable>(
  _ first: () -> First, _ second: @escaping @Sendable () -> Second
) -> (First, Second) {
  let later = Later(second)
  let thread = processorCount > 1 ? startThread { later.run() } : nil
  let value = first()
  if let thread { pthread_join(thread, nil) }
  return (value, later.value)
}

/// A function that somebody else may have run already.
private final class Later<Output: Sendable>: Sendable {
  private let body: @Sendable () -> Output
  private let output = Mutex<Output?>(nil)

  init(_ body: @escaping @Sendable () -> Output) { self.body = body }

  func run() {
    let value = body()
    output.withLock { $0 = value }
  }

  /// Once the other thread has ended; worked out here where there was none.
  var value: Output { output.withLock { $0 } ?? body() }
}

/// Inputs that are taken one by one, by whoever is free.
private final class Work<Input: Sendable, Output: Sendable>: Sendable {
  private let inputs: [Input]
  private let transform: @Sendable (Input) -> Output
  private let state: Mutex<(next: Int, done: [(index: Int, output: Output)])>

  init(_ inputs: [Input], _ transform: @escaping @Sendable (Input) -> Output) {
    self.inputs = inputs
    self.transform = transform
    state = Mutex((0, []))
  }

  func run() {
    while let index = take() {
      let output = transform(inputs[index])
      state.withLock { $0.done.append((index, output)) }
    }
  }

  private func take() -> Int? {
    state.withLock { state in
      guard state.next < inputs.count else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  /// Once every thread has ended.
  var results: [Output] {
    state.withLock { $0.done.sorted { $0.index < $1.index }.map(\.output) }
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// A thread with the stack that the first one has by default: diagrams are walked by recursion.
private func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
  var attributes = pthread_attr_t()
  guard pthread_attr_init(&attributes) == 0 else { return nil }
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setstacksize(&attributes, 8 << 20)
  let retained = Unmanaged.passRetained(ThreadBody(body))
  var thread = pthread_t()
  let failure = pthread_create(
    &thread, &attributes,
    { argument in
      guard let argument else { return nil }
      Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
      return nil
    }, retained.toOpaque())
  if failure == 0 { return thread }
  retained.release()
  return nil
}
