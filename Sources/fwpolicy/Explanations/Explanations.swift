/// What `explain` says, by the name of a code.
let explanations: [String: String] = [
  "unreadable-file": """
  A policy or an include could not be read. Paths in a policy are relative to the file that names
  them, and the real file must lie inside the policy root: `--root`, else the nearest folder above
  the policy that holds a file `fwpolicy.root`, else the policy's own folder.
  """,
  "invalid-duration": """
  A duration is a number and a unit: `90s`, `5m`, `12h`, `7d`, `2w`. How long entries of a set stay
  that is filled while the policy is in force is from a minute to 366 days.
  """,
  "misplaced-dynamic-network": """
  What is in a network with `dynamic` is put there while the policy is in force. Other networks, the
  networks of a zone and the parts of `smtp-egress` are worked out before, so that it cannot stand
  there. It stands in `from` and `to` of rules and tests. As the gate only takes away, a rule such as
  `{ deny: smtp, from: quarantine }` at the top of `forward` stops whom the gate would let pass.
  """,
  "mixed-dynamic-network": """
  A network with `dynamic` stands in a rule alone, within a zone, or in an `except`. A list that holds
  it and something else would be two questions to the kernel: write two rules.
  """,
  "too-many-dynamic-networks": """
  Each network with `dynamic` is an unknown of the proof that a ruleset does what its policy says, for
  sources and for destinations. 64 of them can be told apart.
  """,
  "yaml-tag": """
  YAML reads a word that begins with `!` as a tag. The policy language has none: where you mean
  "not", write `{ except: NAME }`, the language's only negation.
  """,
  "yaml-anchor": """
  Anchors and aliases are not part of the language. Give the value a name under `variables` and
  write `${name}` where it belongs.
  """,
  "null-value": """
  A key without a value says nothing. Often the value begins with `#`, which begins a comment:
  quote it, as in `ticket: "#42"`.
  """,
  "missing-space": """
  YAML separates a key from its value by `: `, a colon and a blank. Without the blank the whole is
  one word.
  """,
  "unlisted-comma": "Several values are a list: write `[tcp/25, tcp/465]`.",
  "duplicate-key": """
  A key may stand once in a map. Of two, readers would take one or the other, and nobody would know
  which the author meant.
  """,
  "undefined-variable": """
  Every `${name}` needs a value under `variables`, in a `--values` file or from `--set name=value`.
  """,
  "cyclic-variable": "A variable's value leads back to itself through others.",
  "unused-setting": """
  A `--set` or `--values` gives a value to a variable that the policy does not declare, most likely
  by a slip of the pen.
  """,
  "unknown-template":
    "`instances` names a template that no file declares under `templates`.",
  "template-parameter": """
  A template uses every parameter that it declares, and every row gives each of them: as a column of
  the header row, or as a key of the map. `columns: { PARAMETER: COLUMN }` in `for-each` says what the
  file calls it.
  """,
  "empty-instances": """
  A template is made for no row, or for fewer than `at-least` says: an export that went wrong must not
  take rules away in silence. `empty: true` allows it.
  """,
  "include-cycle": "A file includes itself, directly or through others.",
  "same-name": """
  Two declarations have one name. If the later is meant to take the earlier's place, it says so by
  `override: true`.
  """,
  "unknown-key": """
  A key that the language does not know is an error: a misspelt key would otherwise be a rule that
  is silently not there.
  """,
  "not-supported-yet": "The key is reserved for a later version of the language.",
  "language-version":
    "A policy begins with `fwpolicy: 1`, the version of the language it is written in.",
  "invalid-limit": """
  A limit reads `RATE/second`, `/minute`, `/hour` or `/day`, with `burst N` and `per source` after it
  as you need, or `N connections per source`.
  """,
  "rule-verdicts": """
  A rule has exactly one of `allow`, `deny` and `reject`, whose value is a service.
  """,
  "negation": "The language's only negation is `except`, in `{ except: NAME }`.",
  "fixed-default": """
  Inbound traffic is denied unless a rule allows it, and so is what a router forwards. Only
  `outbound` has a default of the author's choosing.
  """,
  "unknown-name": """
  A name stands for nothing. Networks and zones share one namespace, services have another; both
  know the built-in names (`fwpolicy list services`).
  """,
  "reserved-name": """
  `any`, `self` and the built-in networks and services are reserved. A built-in service may be
  redefined with `override: true`.
  """,
  "name-cycle": "A network or service is made of itself, directly or through others.",
  "host-name": """
  Host names are never looked up, neither when a policy is compiled nor when it is applied: the
  ruleset would depend on what a name server says at that moment. Write the address.
  """,
  "bad-address": """
  An address, prefix or range cannot be read as written. Host bits (`10.0.0.20/24`) are an error,
  for they leave open whether the host or its network is meant.
  """,
  "bad-list-entry": """
  A line of a prefix list or a row of a CSV cannot be read. A list is read whole or not at all, so
  that a damaged export neither opens nor shuts a network.
  """,
  "empty-network": """
  A list or a selection that yields no prefix is most often a broken export. If it may be empty, say
  `empty: true`.
  """,
  "shrunken-network": "The network has fewer entries than its `at-least` demands.",
  "shared-interface": """
  One interface pattern belongs to two zones. Of several patterns the most exact owns an interface:
  the exact name, then the longest `prefix*`.
  """,
  "zone-on-wrong-side": """
  A zone is the interface that a packet comes in by (`from`) or goes out by (`to`). Inbound packets
  go out by none, and outbound ones come in by none.
  """,
  "misplaced-self": """
  `self` is this machine: the `to` of inbound and the `from` of outbound. Forwarded packets are
  neither to it nor from it.
  """,
  "nothing-left": "After `except` no packet is left to match.",
  "forward-on-host": """
  A host has no say over forwarded traffic unless it declares a zone of `kind: containers`; inbound
  rules never see the published ports of containers.
  """,
  "unknown-user": """
  No user database is read. List the name with its uid under `users`, or write the uid.
  """,
  "gate-without-zone": """
  Networks alone govern packets by their source address. A packet with another source, forged or
  forgotten, passes: name the zone that clients come in by.
  """,
  "contradictory-exception": """
  Exceptions form one longest-prefix table, in which order does not matter. Two with the same prefix
  and different answers leave open which is meant. Prefixes count as they are written: two neighbours
  are longer than the one prefix that they make up.
  """,
  "empty-inventory": """
  An inventory that yields no row is most often a broken export, or a `where` that selects nothing. It
  would shut or open port 25 of everybody in it. If it may be empty, say `empty: true`.
  """,
  "shrunken-inventory": "The inventory has fewer rows than its `at-least` demands.",
  "contradictory-subnet": """
  Rows of `subnets` and `allow` entries form one longest-prefix table, in which order does not matter.
  One prefix with two answers, or with one answer that ends at two dates, leaves open which is meant.
  """,
  "repeated-subnet": """
  One prefix stands in two rows that agree. What is stopped counts for the first of them.
  """,
  "empty-test": """
  A test claims something of every packet of a region. Of a region without packets every claim is
  true, so that the test would pass whatever the policy says.
  """,
  "missing-privilege": """
  The kernel lets only those with CAP_NET_ADMIN change a ruleset. Nothing was changed.
  """,
  "unchecked-policy": """
  Checks look at what a policy does with every packet. Here that does not fit into the memory that they
  may use: thousands of rules overlap in source, destination and service at once. Give them common
  networks, or split the policy.
  """,
  "meaning-differs": """
  Before a ruleset is written or sent, it is proven to do with every packet what the policy says:
  verdict, log, counter, helper and limit. Here it does not, for the packet that is shown. Nothing has
  been written. The fault is fwpolicy's: please report it with the policy. `--no-prove` goes without
  the proof.
  """,
  "failed-test": """
  A claim of `tests:` is wrong for at least one packet of its region; the one that is shown is an
  example. Either the policy does not do what its author thinks, or the test is out of date.
  `fwpolicy query` shows what else the region meets.
  """,
  "unproven-meaning": """
  The proof that a ruleset does what its policy says did not fit into the memory that it may use, or
  the policy has more limits than it can tell apart. Large is what overlaps: many rules that each name
  other sources, destinations and services at once. Nothing has been written. `--no-prove` goes without
  the proof, and the head of the ruleset says so.
  """,
  "kernel-refused": """
  The kernel refused an object of the transaction, and so all of it: nothing was changed. The place
  is the part of the policy that the object comes from. A refusal of what compiles without error is
  most often a kernel without a module that the policy needs.
  """,
  "foreign-table": """
  A policy owns one table, which `apply` replaces. fwpolicy knows its own tables by their comment and
  leaves all others alone: give the policy another `table:`, or say `--adopt`.
  """,
  "ssh-lockout": """
  A new connection like the SSH session that `apply` runs in would be denied. The established one
  would live on, but if it broke, nobody could get in to repair the policy. `--force` applies it
  nevertheless.
  """,
  "ruleset-changed": """
  A transaction is tied to the state of the ruleset that it was checked against. Somebody else kept
  changing it: nothing was applied.
  """,
  "unreadable-ssh-connection": """
  SSH_CONNECTION is set, yet does not read `PEER PORT LOCAL PORT`, so that nobody can tell whether the
  policy would let the operator in again.
  """,
  "hidden-ssh-connection": """
  sudo takes SSH_CONNECTION out of the environment, so `apply` cannot know that it runs over SSH and
  does not ask whether the policy would let the operator in again. `sudo
  --preserve-env=SSH_CONNECTION`, or `Defaults env_keep += "SSH_CONNECTION"` in sudoers, hands it on.
  A terminal on the machine itself may look the same; then this says nothing.
  """,
  "content-lost": """
  `apply` changes its table in place: named counters, the sources that limits know, offenders and
  dynamic networks stay. A set that packets fill and whose definition changed (its timeout, its size,
  the limit of its rule) cannot stay, and neither can any where somebody put into the table what only
  goes with the whole of it. What such a set held is gone. Dynamic networks go on even then, unless
  they hold more than their new capacity.
  """,
  "unknown-ruleset": """
  What the kernel filters now can be compared with a policy only where fwpolicy knows what every part
  of the table does. The place that is shown, as `nft -a list table` has it, does something that
  fwpolicy never writes, such as a mark, a queue or a counter without a name; what it does to packets
  would be a guess. Compare with the policy that the table was made from, or delete the rule that was
  added by hand.
  """,
  "no-log-group": """
  `fwpolicy watch` hears netfilter's log groups (NFLOG). A policy that says nothing of its logs writes
  them to the kernel's own log, where rates are shared with everything else and no program gets them
  as they are. `defaults: { log: { to: group 5 } }` sends all of them to a group, any number from 0 to
  65535; a section, the gate or a rule may have a group of its own, and `watch` hears them all.
  """,
  "log-group-taken": """
  The kernel hands a log group to one program at a time. Somebody else has this one: ulogd, another
  `fwpolicy watch`. Log to a group of its own, or end the other program.
  """,
  "nothing-cut": """
  `apply --cut-closed` ends connections that the kernel's present table lets in and the new policy does
  not. Without a table of the policy's name, or with one that does what fwpolicy never writes, nobody
  can say what was open, and so nothing is ended. `conntrack -D` ends connections by hand.
  """,
]
