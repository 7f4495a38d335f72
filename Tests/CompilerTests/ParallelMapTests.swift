import Compiler
import Synchronization
import Testing

@Suite struct ParallelMapTests {
  @Test(arguments: [1, 2, 7, 64])
  func resultsAreInTheOrderOfTheInputsWhateverTheWorkers(_ workers: Int) {
    let results = parallelMap(Array(0..<1000), workers: workers) { input in
      input * input
    }
    #expect(results == (0..<1000).map { $0 * $0 })
  }

  @Test func nothingIsDoneForNothing() {
    #expect(parallelMap([Int](), workers: 4) { $0 } == [])
  }

  /// Two workers wait for each other: with one it would never end.
  @Test(.timeLimit(.minutes(1))) func workersWorkAtOnce() {
    let arrived = Mutex(0)
    let results = parallelMap([0, 1], workers: 2) { _ in
      arrived.withLock { $0 += 1 }
      while arrived.withLock({ $0 }) < 2 {}
      return true
    }
    #expect(results == [true, true])
  }

  @Test func twoFunctionsGiveTheirOwnResults() {
    for number in 0..<50 {
      let (text, square) = inParallel({ "\(number)" }, { number * number })
      #expect(text == "\(number)")
      #expect(square == number * number)
    }
  }
}
