/// Text of a policy made safe to stand between quotes in nft's language.
///
/// nft has no escape: quotes become `'`, backslashes `/`, and control characters (C0, DEL, C1, line
/// and paragraph separators, bidirectional controls) become spaces. The result is at most `limit`
/// bytes of UTF-8 and never ends inside a character. O(limit).
package func safeComment(_ text: String, limit: Int = commentLimit) -> String {
  // Most comments are short and plain.
  if isPlain(text), text.utf8.count <= limit { return text }
  var result = String.UnicodeScalarView()
  var length = 0
  for scalar in text.unicodeScalars {
    let safe = safeScalar(scalar)
    let width = UTF8.width(safe)
    if length + width > limit { break }
    result.append(safe)
    length += width
  }
  return String(result)
}

/// Whether `safeComment` leaves a text as it is.
func isSafeComment(_ text: String) -> Bool {
  isPlain(text) && text.utf8.count <= commentLimit || safeComment(text) == text
}

private func isPlain(_ text: String) -> Bool {
  text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
}

/// The same for a log prefix, where nft also expands `$name`: dollar signs become `_`.
package func safeLogPrefix(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in safeComment(text, limit: logPrefixLimit).unicodeScalars {
    result.append(scalar == "$" ? "_" : scalar)
  }
  return String(result)
}

/// Bytes that nft takes in a comment.
///
/// NFTNL_UDATA_COMMENT_MAXLEN, libnftnl/udata.h.
package let commentLimit = 128

/// Bytes that fit into a log prefix: NF_LOG_PREFIXLEN of linux/netfilter/nf_log.h without its end.
package let logPrefixLimit = 127

private func safeScalar(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
  switch scalar.value {
  case 0x22: "'"
  case 0x5C: "/"
  case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069, 0x200E...0x200F: " "
  default: scalar
  }
}
