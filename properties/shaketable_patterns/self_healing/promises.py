"""The promises of a self-healing queue and cache, HC-1 to HC-4."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, HC"

HEALED = Promise(
    "HC-1",
    "one heal period after a loss the queue has exactly the active rows, in their order",
    "safety",
    ("not-healed", "stale-entry", "out-of-order"),
    _SOURCE,
)
FRESH = Promise(
    "HC-2",
    "once a write has invalidated the copy of a row, no older state of it is answered or cached",
    "safety",
    ("stale-after-write", "stale-fill", "stale-copy", "never-committed"),
    _SOURCE,
)
COMMUTES = Promise(
    "HC-3",
    "rebuilds and live changes commute: nothing is lost, nothing comes back for longer than a period, and no entry is called twice",
    "safety",
    ("lost-in-rebuild", "resurrected", "called-twice", "called-inactive"),
    _SOURCE,
)
FALLS_BACK = Promise(
    "HC-4",
    "while the store is down answers come from the database, and otherwise from a queue that says the same",
    "safety",
    ("no-fallback", "fallback-differs", "answer-differs"),
    _SOURCE,
)
