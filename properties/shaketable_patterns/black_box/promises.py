"""The promises of a black box, in terms of what its description observes: BB-1 to BB-3 are those of an outbox."""

from __future__ import annotations

from shaketable.verdict import Promise

_SPECIFICATION = "docs/specification/patterns.md"

ANNOUNCED = Promise(
    "BB-1",
    "after the faults heal every committed row has been announced on its topic",
    "liveness",
    ("lost-event",),
    f"{_SPECIFICATION}, OB-1 and OB-2",
)
NOTHING_ELSE = Promise(
    "BB-2",
    "nothing is announced without a committed row, nor otherwise than the row says",
    "safety",
    ("phantom-event", "altered-event"),
    f"{_SPECIFICATION}, OB-5",
)
ONE_ID = Promise(
    "BB-3",
    "every announcement of one row carries the same event id",
    "safety",
    ("new-id-on-duplicate",),
    f"{_SPECIFICATION}, OB-5",
)
ANSWERS_HOLD = Promise(
    "BB-4",
    "an op that was answered ok left its row, and one that was refused left none",
    "safety",
    ("lost-write", "refused-but-written"),
    f"{_SPECIFICATION}, Ground rules",
)
