import Compiler
import Deployment
import Evidence
import Glibc
import Kernel

/// Reads the log until enough was seen, and shows it: on a screen, or line by line.
struct WatchLoop {
  enum Output {
    /// A terminal that is drawn on.
    case screen
    case text
    case json
  }

  let output: Output
  let title: String
  /// Ends after so many packets.
  let count: UInt64?
  /// Ends after so many microseconds.
  let duration: Int64?
  private var join: WatchJoin
  private var tally = WatchTally()
  private var names = InterfaceNames()
  private var seen: UInt64 = 0

  init(_ output: Output, title: String, count: UInt64?, duration: Int64?, join: WatchJoin) {
    self.output = output
    self.title = title
    self.count = count
    self.duration = duration
    self.join = join
  }

  /// Microseconds between two drawings, and after which names of interfaces are asked for anew.
  private static let drawingInterval: Int64 = 250_000
  private static let namesInterval: Int64 = 5_000_000

  /// What one drain of the log says, as text; empty on a screen.
  mutating func take(_ events: [LogSubscription.Event], at monotonic: Int64) -> String {
    let now = Clock.microseconds
    let second = monotonic / 1_000_000
    var text = ""
    for event in events where !isEnough {
      switch event {
      case .packet(let logged):
        seen += 1
        let event = join.event(of: WatchedPacket(logged, names: &names, received: now))
        switch output {
        case .screen: tally.add(event, at: second)
        case .text: text += WatchLine.text(event)
        case .json: text += WatchLine.json(event)
        }
      case .lost(let group, let lost):
        switch output {
        case .screen: tally.addLost(UInt64(lost))
        case .text: text += WatchLine.lostText(at: now, (group, UInt64(lost)))
        case .json: text += WatchLine.lostJSON(at: now, (group, UInt64(lost)))
        }
      case .overrun:
        switch output {
        case .screen: tally.addOverrun()
        case .text: text += WatchLine.lostText(at: now, nil)
        case .json: text += WatchLine.lostJSON(at: now, nil)
        }
      case .unreadable:
        switch output {
        case .screen: tally.addUnreadable()
        case .text: text += WatchLine.unreadableText(at: now)
        case .json: text += WatchLine.unreadableJSON(at: now)
        }
      }
    }
    return text
  }

  private var isEnough: Bool { count.map { seen >= $0 } ?? false }

  /// Runs until enough was seen, a signal ends it, or nobody reads any more.
  mutating func run(
    _ subscription: inout LogSubscription, _ socket: borrowing NetlinkSocket
  ) throws {
    var screen = FullScreen(stream: STDOUT_FILENO)
    let ending = [SIGINT, SIGTERM, SIGHUP]
    let signals = PendingSignals(output == .screen ? ending + [SIGTSTP] : ending)
    if output == .screen { screen.enter() }
    let started = Clock.monotonic
    var drawn: Int64?
    var named = started
    var isHeard = true
    while isHeard, !isEnough {
      let now = Clock.monotonic
      if let duration, now - started >= duration { break }
      if now - named >= Self.namesInterval {
        names.forget()
        named = now
      }
      isHeard = socket.wait(milliseconds: 100, watching: STDOUT_FILENO)
      let text = take(try subscription.read(socket), at: Clock.monotonic)
      if !text.isEmpty { isHeard = try Terminal.streamProduct(text, until: signals) && isHeard }
      if let signal = signals.next() {
        if signal != SIGTSTP { break }
        screen.stop()
        drawn = nil
      }
      if output == .screen, drawn.map({ Clock.monotonic - $0 >= Self.drawingInterval }) ?? true {
        draw(on: screen, started: started)
        drawn = Clock.monotonic
      }
    }
    if output == .screen {
      screen.leave()
      let columns = FullScreen.size(of: STDOUT_FILENO).columns
      Terminal.draw(state(since: started).summary(columns: columns), on: STDOUT_FILENO)
    }
  }

  private func draw(on screen: borrowing FullScreen, started: Int64) {
    screen.draw(state(since: started).lines(FullScreen.size(of: STDOUT_FILENO)))
  }

  private func state(since started: Int64) -> WatchScreen {
    WatchScreen(
      title: title, tally, started: started / 1_000_000, at: Clock.monotonic / 1_000_000,
      microseconds: Clock.microseconds)
  }
}
