import ArgumentParser

@main
struct FWPolicy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fwpolicy", abstract: "Compile a firewall policy to nftables.")
}
