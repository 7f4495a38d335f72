import Testing

@Suite(.serialized) struct ScenarioTests {
  @Test(arguments: HostScenarios.all + RouterScenarios.all + SubnetScenarios.all)
  func everythingIsSeenThatThePolicySays(_ scenario: Scenario) throws {
    let complaints = try scenario.run()
    #expect(complaints.isEmpty, "\(complaints.prefix(12).joined(separator: "\n"))")
  }
}
