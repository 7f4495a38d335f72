package import Diagnostics

/// The diagnostics of resolution: names, networks, zones, rules and the gate for outbound mail.
extension DiagnosticCode {
  package static let unknownName = DiagnosticCode("FW101", "unknown-name")
  package static let reservedName = DiagnosticCode("FW102", "reserved-name")
  package static let duplicateName = DiagnosticCode("FW103", "duplicate-name")
  package static let nameCycle = DiagnosticCode("FW104", "name-cycle")
  package static let hostName = DiagnosticCode("FW105", "host-name")
  package static let badAddress = DiagnosticCode("FW106", "bad-address")
  package static let badService = DiagnosticCode("FW107", "bad-service")
  package static let wrongKindOfName = DiagnosticCode("FW108", "wrong-kind-of-name")
  package static let unreadableList = DiagnosticCode("FW109", "unreadable-list")
  package static let badListEntry = DiagnosticCode("FW110", "bad-list-entry")
  package static let emptyNetwork = DiagnosticCode("FW111", "empty-network")
  package static let shrunkenNetwork = DiagnosticCode("FW112", "shrunken-network")
  package static let badSelection = DiagnosticCode("FW113", "bad-selection")
  package static let sharedInterface = DiagnosticCode("FW114", "shared-interface")
  package static let zoneWithoutInterface = DiagnosticCode("FW115", "zone-without-interface")
  package static let badAntiSpoofing = DiagnosticCode("FW116", "bad-anti-spoofing")
  package static let loopbackInZone = DiagnosticCode("FW117", "loopback-in-zone")
  package static let zoneOnWrongSide = DiagnosticCode("FW118", "zone-on-wrong-side")
  package static let misplacedSelf = DiagnosticCode("FW119", "misplaced-self")
  package static let nothingLeft = DiagnosticCode("FW120", "nothing-left")
  package static let forwardOnHost = DiagnosticCode("FW121", "forward-on-host")
  package static let unknownUser = DiagnosticCode("FW122", "unknown-user")
  package static let keyOutOfPlace = DiagnosticCode("FW123", "key-out-of-place")
  package static let badPublished = DiagnosticCode("FW124", "bad-published")
  package static let logPrefixChanged = DiagnosticCode("FW125", "log-prefix-changed")
  package static let gateGovernsNothing = DiagnosticCode("FW126", "gate-governs-nothing")
  package static let gateWithoutZone = DiagnosticCode("FW127", "gate-without-zone")
  package static let badGateClient = DiagnosticCode("FW128", "bad-gate-client")
  package static let contradictoryException = DiagnosticCode("FW129", "contradictory-exception")
  package static let repeatedException = DiagnosticCode("FW130", "repeated-exception")
  package static let wideRelays = DiagnosticCode("FW131", "wide-relays")
  package static let emptyTest = DiagnosticCode("FW132", "empty-test")
  package static let emptyInventory = DiagnosticCode("FW133", "empty-inventory")
  package static let shrunkenInventory = DiagnosticCode("FW134", "shrunken-inventory")
  package static let contradictorySubnet = DiagnosticCode("FW135", "contradictory-subnet")
  package static let repeatedSubnet = DiagnosticCode("FW136", "repeated-subnet")
  package static let misplacedDynamicNetwork = DiagnosticCode(
    "FW140", "misplaced-dynamic-network")
  package static let mixedDynamicNetwork = DiagnosticCode("FW141", "mixed-dynamic-network")
  package static let tooManyDynamicNetworks = DiagnosticCode("FW142", "too-many-dynamic-networks")
}

/// Every code that resolution can report.
package enum ResolutionCodes {
  package static let catalogue: [DiagnosticCode] = [
    .unknownName, .reservedName, .duplicateName, .nameCycle, .hostName, .badAddress, .badService,
    .wrongKindOfName, .unreadableList, .badListEntry, .emptyNetwork, .shrunkenNetwork,
    .badSelection, .sharedInterface, .zoneWithoutInterface, .badAntiSpoofing, .loopbackInZone,
    .zoneOnWrongSide, .misplacedSelf, .nothingLeft, .forwardOnHost, .unknownUser, .keyOutOfPlace,
    .badPublished, .logPrefixChanged, .gateGovernsNothing, .gateWithoutZone, .badGateClient,
    .contradictoryException, .repeatedException, .wideRelays, .emptyTest, .emptyInventory,
    .shrunkenInventory, .contradictorySubnet, .repeatedSubnet, .misplacedDynamicNetwork,
    .mixedDynamicNetwork, .tooManyDynamicNetworks,
  ]
}
