import Evidence
import Glibc

/// A terminal's screen while a program draws on it; what was there comes back when it leaves.
///
/// The alternate screen without a cursor and without the echo of keys: xterm's control sequences,
/// which every terminal in use knows.
struct FullScreen: ~Copyable {
  private let stream: Int32
  private var before: termios?
  private var isShown = false

  init(stream: Int32) { self.stream = stream }

  deinit { Self.leave(stream, before: before, isShown: isShown) }

  mutating func enter() {
    if isShown { return }
    isShown = true
    var settings = termios()
    if tcgetattr(STDIN_FILENO, &settings) == 0 {
      before = settings
      settings.c_lflag &= ~UInt32(ECHO)
      tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }
    Terminal.draw("\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J", on: stream)
  }

  mutating func leave() {
    Self.leave(stream, before: before, isShown: isShown)
    isShown = false
    before = nil
  }

  /// Gives the terminal back and stops, as Ctrl-Z asks for; draws on it again once the shell lets it.
  mutating func stop() {
    leave()
    kill(getpid(), SIGSTOP)
    enter()
  }

  private static func leave(_ stream: Int32, before: termios?, isShown: Bool) {
    guard isShown else { return }
    Terminal.draw("\u{1b}[?25h\u{1b}[?1049l", on: stream)
    // What was typed meanwhile was not meant for the shell.
    if var before { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) }
  }

  /// Draws lines over what was there.
  borrowing func draw(_ lines: [WatchScreen.Line]) {
    var text = "\u{1b}[H"
    for (index, line) in lines.enumerated() {
      if index > 0 { text += "\r\n" }
      text += line.isHeading ? "\u{1b}[1m\(line.text)\u{1b}[0m" : line.text
      text += "\u{1b}[K"
    }
    Terminal.draw(text + "\u{1b}[J", on: stream)
  }

  /// Columns and rows; what most terminals have where it does not say.
  static func size(of stream: Int32) -> WatchScreen.Size {
    var size = winsize()
    guard ioctl(stream, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return WatchScreen.Size(columns: 80, rows: 24)
    }
    return WatchScreen.Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  /// Whether a stream is a terminal that can be drawn on.
  static func isPossible(on stream: Int32) -> Bool {
    guard isatty(stream) == 1 else { return false }
    guard let kind = getenv("TERM"), kind.pointee != 0 else { return false }
    return String(cString: kind) != "dumb"
  }
}
