"""The promises of idempotent work, ID-1 to ID-6."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, ID"

STORED_OUTCOME = Promise(
    "ID-1",
    "the same key and payload again gets the stored outcome and executes nothing",
    "safety",
    (
        "wrong-response-replayed",
        "done-key-refused",
        "double-effect",
        "outcome-not-stored",
        "refused-in-progress",
    ),
    _SOURCE,
)
AT_MOST_ONCE = Promise(
    "ID-2",
    "at most one completed execution per key, for any overlap, restart or rebalance",
    "safety",
    ("double-effect",),
    _SOURCE,
)
OWNER_ONLY = Promise(
    "ID-3",
    "only the current owner completes or deletes its record",
    "safety",
    ("stolen-record", "done-record-changed"),
    _SOURCE,
)
NEVER_BLOCKED = Promise(
    "ID-4",
    "no key is blocked for ever by a crash, an exception, a cancellation or an expiry",
    "liveness",
    ("key-blocked-for-ever",),
    _SOURCE,
)
OTHER_PAYLOAD = Promise(
    "ID-5",
    "a key used with another payload is an error, never the other's response",
    "safety",
    ("wrong-response-replayed", "other-payload-executed", "unused-key-refused"),
    _SOURCE,
)
TOGETHER = Promise(
    "ID-6",
    "effect and record commit together, and nothing is marked processed without its effect",
    "safety",
    ("effect-without-record", "record-without-effect", "answer-without-effect", "effect-of-a-refusal"),
    _SOURCE,
)
