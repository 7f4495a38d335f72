package import Kernel

/// What an addition or removal does to the content of one set of a dynamic network.
///
/// The kernel's elements never overlap. So what overlaps with something new becomes one element with
/// the longest of their times, and a part that is removed leaves the rest of its element behind.
/// n log n in what is asked, linear in what is there.
package struct NetworkEdit: Hashable, Sendable {
  /// What became of one asked interval.
  package enum Outcome: String, Hashable, Sendable {
    case added
    /// It was there, and stays longer now or has another comment.
    case extended
    /// It is there, and stays at least as long.
    case present
    case removed
    /// It was not there.
    case absent
  }

  package struct Answer: Hashable, Sendable {
    package var outcome: Outcome
    /// The element that holds it now, or held it.
    package var element: SetElement
    /// Of an addition: elements whose place it takes.
    package var replaced = 0
    /// Of a removal: elements that held some of what was asked; `element` is the first of them.
    package var touched = 0
    /// Of a removal: whether that element held all of it.
    package var isWithin = false
  }

  package private(set) var removed: [SetElement] = []
  package private(set) var added: [SetElement] = []
  /// In the order of what was asked.
  package private(set) var answers: [Answer]
  /// Elements when it is done.
  package private(set) var count: Int

  /// Adds intervals that all stay as long and have one comment.
  ///
  /// - Parameters:
  ///   - asked: lower and upper, any order, overlaps allowed.
  ///   - timeout: in milliseconds; nil for ever.
  ///   - comment: nil keeps that of the element which stays longest.
  package init(
    adding asked: [(lower: UInt128, upper: UInt128)], timeout: UInt64?, comment: String?,
    to present: [SetElement]
  ) {
    count = present.count
    let absent = Answer(outcome: .absent, element: SetElement(lower: 0, upper: 0))
    answers = Array(repeating: absent, count: asked.count)
    let order = asked.indices.sorted { asked[$0].lower < asked[$1].lower }
    var (next, there) = (0, 0)
    while next < order.count {
      // Everything that overlaps with the next one, and with what overlaps with it.
      var group = asked[order[next]]
      while there < present.count, present[there].upper < group.lower { there += 1 }
      let (firstAsked, firstThere) = (next, there)
      next += 1
      while true {
        if there < present.count, present[there].lower <= group.upper {
          group.lower = min(group.lower, present[there].lower)
          group.upper = max(group.upper, present[there].upper)
          there += 1
        } else if next < order.count, asked[order[next]].lower <= group.upper {
          group.upper = max(group.upper, asked[order[next]].upper)
          next += 1
        } else {
          break
        }
      }
      let answer = merge(
        group, timeout: timeout, comment: comment, with: present[firstThere..<there])
      for index in order[firstAsked..<next] { answers[index] = answer }
    }
  }

  private mutating func merge(
    _ group: (lower: UInt128, upper: UInt128), timeout: UInt64?, comment: String?,
    with old: ArraySlice<SetElement>
  ) -> Answer {
    var element = SetElement(
      lower: group.lower, upper: group.upper, timeout: timeout, comment: comment)
    let longest = old.max { ($0.expires ?? .max) < ($1.expires ?? .max) }
    let isLonger = (timeout ?? .max) > (longest?.expires ?? .max)
    if let longest, !isLonger {
      element.timeout = longest.timeout
      element.expires = longest.expires
    }
    element.comment = comment ?? longest?.comment
    if old.count == 1, let only = old.first, only.lower == group.lower, only.upper == group.upper,
      !isLonger, only.comment == element.comment
    {
      return Answer(outcome: .present, element: only)
    }
    let isThere = old.contains { $0.lower == group.lower && $0.upper == group.upper }
    removed += old
    added.append(element)
    count += 1 - old.count
    return Answer(
      outcome: isThere ? .extended : .added, element: element,
      replaced: isThere ? 0 : old.count)
  }

  /// Removes intervals; what they only touch in part is cut.
  package init(removing asked: [(lower: UInt128, upper: UInt128)], from present: [SetElement]) {
    count = present.count
    answers = asked.map { asked in
      var (low, high) = (0, present.count)
      while low < high {
        let middle = (low + high) / 2
        if present[middle].upper < asked.lower { low = middle + 1 } else { high = middle }
      }
      if low < present.count, present[low].lower <= asked.upper {
        var (end, last) = (low, present.count)
        while end < last {
          let middle = (end + last) / 2
          if present[middle].lower <= asked.upper { end = middle + 1 } else { last = middle }
        }
        let first = present[low]
        return Answer(
          outcome: .removed, element: first, touched: end - low,
          isWithin: first.lower <= asked.lower && asked.upper <= first.upper)
      }
      return Answer(
        outcome: .absent, element: SetElement(lower: asked.lower, upper: asked.upper))
    }
    let holes = asked.sorted { $0.lower < $1.lower }
    var first = 0
    for element in present {
      while first < holes.count, holes[first].upper < element.lower { first += 1 }
      var hole = first
      var rest = element
      var pieces: [SetElement] = []
      var isWhole = true
      var isSpent = false
      while hole < holes.count, holes[hole].lower <= element.upper {
        defer { hole += 1 }
        if isSpent || holes[hole].upper < rest.lower { continue }
        isWhole = false
        if holes[hole].lower > rest.lower {
          var piece = rest
          piece.upper = holes[hole].lower - 1
          pieces.append(piece)
        }
        if holes[hole].upper >= element.upper {
          isSpent = true
        } else {
          rest.lower = holes[hole].upper + 1
        }
      }
      if isWhole { continue }
      if !isSpent { pieces.append(rest) }
      removed.append(element)
      added += pieces
      count += pieces.count - 1
    }
  }
}
