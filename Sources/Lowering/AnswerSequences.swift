import PolicyLanguage

/// What sources get as time goes by: one answer until it expires, then the next, and so on.
///
/// Equal sequences are one number, and so are their equal ends, so that there are as many as the
/// answers combine to, however many prefixes there are.
struct AnswerSequences {
  struct Step: Hashable {
    /// The answer in force, by index.
    let answer: Int
    /// What follows when it expires: a number of `steps`, or `nothing`.
    let next: Int
  }

  /// The sequence without an answer.
  static let nothing = -1

  /// When each answer ends.
  let expiries: [Timestamp?]
  /// A sequence begins at a step; its number is the index.
  private(set) var steps: [Step] = []
  private var known: [Step: Int] = [:]

  init(expiries: [Timestamp?]) { self.expiries = expiries }

  /// The sequence in which an answer stands before those of another.
  ///
  /// What will have expired by the time that the answer does is left out: all of it, if the answer
  /// never expires.
  mutating func sequence(_ answer: Int, before other: Int) -> Int {
    var next = other
    if let end = expiries[answer] {
      while next >= 0, let nextEnd = expiries[steps[next].answer], nextEnd <= end {
        next = steps[next].next
      }
    } else {
      next = AnswerSequences.nothing
    }
    let step = Step(answer: answer, next: next)
    if let number = known[step] { return number }
    steps.append(step)
    known[step] = steps.count - 1
    return steps.count - 1
  }
}
