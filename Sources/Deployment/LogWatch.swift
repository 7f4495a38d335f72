package import Evidence
package import Kernel
import NetworkTypes

extension WatchedPacket {
  /// A packet of the kernel's log, with the names of its interfaces.
  ///
  /// - Parameter received: now, in microseconds since the epoch: of packets that the kernel gives no
  ///   time.
  package init(_ logged: LoggedPacket, names: inout InterfaceNames, received: Int64) {
    self.init(
      microseconds: logged.microseconds ?? received, group: logged.group, prefix: logged.prefix,
      headers: logged.headers)
    hook =
      switch logged.hook {
      case .prerouting: .prerouting
      case .input: .input
      case .forward: .forward
      case .output: .output
      case .postrouting: .postrouting
      case .ingress: .ingress
      case nil: nil
      }
    // An interface that has gone meanwhile had a number.
    inputInterface = logged.inputInterface.map { names[$0] ?? "#\($0)" }
    outputInterface = logged.outputInterface.map { names[$0] ?? "#\($0)" }
    hardwareAddress = logged.hardwareAddress
    user = logged.user
  }
}
