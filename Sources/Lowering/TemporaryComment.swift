func safeComment(_ t: String) -> String { String(t.prefix(128)) }
