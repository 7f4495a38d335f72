import Diagnostics
import PolicyLanguage

extension Diagnostic {
  /// Whether it says that the policy, a file that it includes or a list that it names could not be
  /// read: the answer is then not no, there is none.
  var isUnreadableFile: Bool { code == .unreadableFile || code == .unreadableList }
}
