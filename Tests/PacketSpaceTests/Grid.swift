import NetworkTypes
import PacketSpace

/// A small space whose functions are also tables: what diagrams answer is looked up, not believed.
struct Grid {
  struct Axis {
    var dimension: Dimension
    /// The last values of the runs, ascending; the last one is the dimension's largest.
    var uppers: [UInt128]
  }

  /// In the order of the dimensions.
  var axes: [Axis]

  /// The end of a narrow axis and of a wide one.
  static let narrowEnd = UInt128(UInt32.max)
  static let wideEnd = UInt128.max

  /// Two axes of two bits, one narrow and one wide.
  static let small = Grid(axes: [
    Axis(dimension: .source4, uppers: [0, 7, 1 << 31, narrowEnd]),
    Axis(dimension: .source6, uppers: [0, 1 << 64, wideEnd - 1, wideEnd]),
  ])

  static let mixed = Grid(axes: [
    Axis(dimension: .family, uppers: [0, narrowEnd]),
    Axis(dimension: .source4, uppers: [9, 10, 1 << 20, narrowEnd - 1, narrowEnd]),
    Axis(dimension: .source6, uppers: [0, 1 << 32, 1 << 100, wideEnd]),
    Axis(dimension: .destinationPort, uppers: [22, 1023, 65535, narrowEnd]),
  ])

  var count: Int { axes.reduce(1) { $0 * $1.uppers.count } }

  /// The function of a table: one answer for each cell, the last axis fastest.
  func diagram(_ answers: [UInt32], in arena: PacketArena) throws -> Diagram {
    var row = answers.map { Diagram.constant($0) }
    for axis in axes.reversed() {
      let width = axis.uppers.count
      row = try stride(from: 0, to: row.count, by: width).map { start in
        let children = row[start..<start + width]
        if axis.dimension.isWide {
          return try arena.cases(
            axis.dimension, zip(axis.uppers, children).map { (upper: $0, then: $1) })
        }
        return try arena.cases(
          axis.dimension, zip(axis.uppers, children).map { (upper: UInt32($0), then: $1) })
      }
    }
    return row[0]
  }

  func set(_ members: [Bool], in arena: PacketArena) throws -> PacketSet {
    try arena.packets(of: diagram(members.map { $0 ? 1 : 0 }, in: arena)) { $0 == 1 }
  }

  /// A member of a cell: its largest value on each axis, or its smallest.
  func packet(in cell: Int, smallest: Bool = false) -> [Dimension: UInt128] {
    var rest = cell
    var packet: [Dimension: UInt128] = [:]
    for axis in axes.reversed() {
      let place = rest % axis.uppers.count
      rest /= axis.uppers.count
      packet[axis.dimension] =
        smallest ? (place == 0 ? 0 : axis.uppers[place - 1] + 1) : axis.uppers[place]
    }
    return packet
  }

  /// The cell of the place on each axis.
  func cell(_ places: [Int]) -> Int {
    zip(axes, places).reduce(0) { $0 * $1.0.uppers.count + $1.1 }
  }

  /// The table of a function, asked at both ends of each cell.
  func table(_ diagram: Diagram, in arena: PacketArena) -> [UInt32]? {
    var table: [UInt32] = []
    for cell in 0..<count {
      let upper = packet(in: cell)
      let lower = packet(in: cell, smallest: true)
      let answer = arena.answer(diagram) { upper[$0] ?? 0 }
      if answer != arena.answer(diagram, at: { lower[$0] ?? 0 }) { return nil }
      table.append(answer)
    }
    return table
  }

  func randomTable(answers: UInt32, using generator: inout some RandomNumberGenerator) -> [UInt32] {
    // Few distinct rows, so that nodes are shared and reduced.
    let rows = (0..<3).map { _ in
      (0..<axes[axes.count - 1].uppers.count).map { _ in
        UInt32.random(in: 0..<answers, using: &generator)
      }
    }
    return (0..<count / rows[0].count).flatMap { _ in rows[Int.random(in: 0..<3, using: &generator)]
    }
  }
}
