"""What a black box promises, in terms of what its description observes (patterns.md, OB-1, OB-2 and OB-5)."""

from __future__ import annotations

from shaketable.verdict import Promise

SOURCE = "patterns.md OB"

ANNOUNCED = Promise(
    "BB-1",
    "after the faults heal every committed row has been announced on its topic",
    "liveness",
    ("lost-event",),
    f"{SOURCE}-1, {SOURCE}-2",
)
NOTHING_ELSE = Promise(
    "BB-2",
    "nothing is announced without a committed row, nor otherwise than the row says",
    "safety",
    ("phantom-event", "altered-event"),
    f"{SOURCE}-5",
)
ONE_ID = Promise(
    "BB-3",
    "every announcement of one row carries the same event id",
    "safety",
    ("new-id-on-duplicate",),
    f"{SOURCE}-5",
)
ANSWERS_HOLD = Promise(
    "BB-4",
    "an op that was answered ok left its row, and one that was refused left none",
    "safety",
    ("lost-write", "refused-but-written"),
    "the meaning of the declared statuses",
)
