import CLab
import Foundation
import TestSupport

/// A terminal for a program under test: what it writes is drawn as a terminal draws it.
final class PseudoTerminal {
  private let master: LabSocket
  private let slave: LabSocket
  private var pending: [UInt8] = []
  private(set) var screen: TerminalScreen

  init(columns: Int, rows: Int) throws {
    var (near, far): (Int32, Int32) = (-1, -1)
    guard openpty(&near, &far, nil, nil, nil) == 0 else {
      throw LabSocket.Failure(call: "openpty", errno: errno)
    }
    for descriptor in [near, far] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    master = LabSocket(adopting: near)
    slave = LabSocket(adopting: far)
    screen = TerminalScreen(columns: columns, rows: rows)
    try setSize()
  }

  /// The program's end; it stays open with the value.
  var programsEnd: FileHandle {
    FileHandle(fileDescriptor: slave.descriptor, closeOnDealloc: false)
  }

  func resize(columns: Int, rows: Int) throws {
    screen.resize(columns: columns, rows: rows)
    try setSize()
  }

  func forgetOverflow() { screen.hasOverflowed = false }

  private func setSize() throws {
    var size = winsize()
    size.ws_col = UInt16(screen.columns)
    size.ws_row = UInt16(screen.rows)
    guard ioctl(master.descriptor, UInt(TIOCSWINSZ), &size) == 0 else {
      throw LabSocket.Failure(call: "set a terminal's size", errno: errno)
    }
  }

  /// How it treats what is typed and written.
  struct Settings: Equatable {
    var input: UInt32
    var output: UInt32
    var local: UInt32

    var echoes: Bool { local & UInt32(ECHO) != 0 }
  }

  func settings() throws -> Settings {
    var settings = termios()
    guard tcgetattr(slave.descriptor, &settings) == 0 else {
      throw LabSocket.Failure(call: "tcgetattr", errno: errno)
    }
    return Settings(
      input: settings.c_iflag, output: settings.c_oflag, local: settings.c_lflag)
  }

  /// Draws what comes until something is so; false where it is not within twenty seconds.
  func wait(until isSo: (TerminalScreen) -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(20)
    while !isSo(screen) {
      guard ContinuousClock.now < deadline else { return false }
      draw(within: 100)
    }
    return true
  }

  /// Draws what is there.
  func draw(within milliseconds: Int32 = 0) {
    guard master.waitFor(Int16(POLLIN), milliseconds: milliseconds) else { return }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = read(master.descriptor, &buffer, buffer.count)
    guard count > 0 else { return }
    pending += buffer[..<count]
    pending.removeFirst(screen.draw(pending))
  }
}

/// What a terminal shows of the control sequences that a screen needs; any other is remembered as unknown.
struct TerminalScreen {
  private(set) var columns: Int
  private(set) var rows: Int
  /// Of the screen that is shown now.
  private var cells: [[Character]]
  /// Of the ordinary screen, while the other is shown.
  private var ordinary: [[Character]]?
  private var cursor = (row: 0, column: 0)
  private(set) var isCursorShown = true
  private(set) var isBold = false
  /// How often a drawing began.
  private(set) var frames = 0
  /// Whether something was written beyond the edge of the other screen.
  var hasOverflowed = false
  private(set) var unknown: [String] = []

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    cells = Self.blank(columns, rows)
  }

  private static func blank(_ columns: Int, _ rows: Int) -> [[Character]] {
    Array(repeating: Array(repeating: " ", count: columns), count: rows)
  }

  /// Whether the other screen is shown, which leaves nothing behind.
  var isAlternate: Bool { ordinary != nil }

  /// Without blanks at their ends, and without empty ones at the end.
  var lines: [String] {
    var lines = cells.map { row in
      String(row[..<((row.lastIndex { $0 != " " } ?? -1) + 1)])
    }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  /// What does not fit is cut off, as xterm does.
  mutating func resize(columns: Int, rows: Int) {
    func resized(_ cells: [[Character]]) -> [[Character]] {
      var result = Self.blank(columns, rows)
      for row in 0..<min(rows, cells.count) {
        for column in 0..<min(columns, cells[row].count) {
          result[row][column] = cells[row][column]
        }
      }
      return result
    }
    cells = resized(cells)
    ordinary = ordinary.map(resized)
    (self.columns, self.rows) = (columns, rows)
    cursor = (min(cursor.row, rows - 1), min(cursor.column, columns - 1))
  }

  /// Draws bytes; how many of them were taken: a sequence that is cut off waits for its rest.
  mutating func draw(_ bytes: [UInt8]) -> Int {
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x1b {
        guard index + 1 < bytes.count else { return index }
        guard
          let end = bytes[index...].dropFirst(2).firstIndex(where: { (0x40...0x7e).contains($0) })
        else { return index }
        control(String(decoding: bytes[index + 1...end], as: UTF8.self))
        index = end + 1
        continue
      }
      let length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      guard index + length <= bytes.count else { return index }
      put(String(decoding: bytes[index..<index + length], as: UTF8.self))
      index += length
    }
    return index
  }

  private mutating func put(_ text: String) {
    switch text {
    case "\r": cursor.column = 0
    case "\n":
      if cursor.row + 1 < rows {
        cursor.row += 1
      } else {
        if isAlternate { hasOverflowed = true }
        cells.removeFirst()
        cells.append(Array(repeating: " ", count: columns))
      }
    default:
      if cursor.column >= columns {
        if isAlternate { hasOverflowed = true }
        cursor.column = 0
        put("\n")
      }
      cells[cursor.row][cursor.column] = text.first ?? " "
      cursor.column += 1
    }
  }

  private mutating func control(_ sequence: String) {
    switch sequence {
    case "[H":
      cursor = (0, 0)
      frames += 1
    case "[K":
      for column in cursor.column..<max(cursor.column, columns) { cells[cursor.row][column] = " " }
    case "[J":
      control("[K")
      for row in (cursor.row + 1)..<max(cursor.row + 1, rows) {
        cells[row] = Array(repeating: " ", count: columns)
      }
    case "[2J": cells = Self.blank(columns, rows)
    case "[1m": isBold = true
    case "[0m": isBold = false
    case "[?25h": isCursorShown = true
    case "[?25l": isCursorShown = false
    case "[?1049h":
      ordinary = cells
      cells = Self.blank(columns, rows)
      cursor = (0, 0)
    case "[?1049l":
      cells = ordinary ?? cells
      ordinary = nil
      cursor = (0, 0)
    default: unknown.append(sequence)
    }
  }
}
