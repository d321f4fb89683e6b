"""The promises of the outbox, OB-1 to OB-7, and the bounded batch of OB-8."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, OB"

ATOMIC = Promise(
    "OB-1",
    "a business row and its event commit together, at every crash point",
    "safety",
    ("lost-event", "phantom-event", "announced-twice"),
    _SOURCE,
)
DELIVERED = Promise(
    "OB-2",
    "after the faults heal every committed event is on its topic, or visibly dead",
    "liveness",
    ("lost-event", "never-sent", "given-up-too-early", "dead-in-silence"),
    _SOURCE,
)
CONFIRMED_FIRST = Promise(
    "OB-3", "a row is marked sent only after the broker has the record", "safety", ("marked-unsent",), _SOURCE
)
FENCED = Promise(
    "OB-4",
    "sent is terminal, and only the current owner of a claim writes",
    "safety",
    ("sent-regressed", "unfenced-claim", "stolen-lock"),
    _SOURCE,
)
NOTHING_ELSE = Promise(
    "OB-5",
    "nothing is on a topic without a committed cause, it says what was committed, duplicates carry the same event id",
    "safety",
    ("phantom-event", "new-id-on-duplicate", "not-as-committed"),
    _SOURCE,
)
IN_ORDER = Promise(
    "OB-6",
    "per aggregate, first appearances on the topic follow commit order and no row is skipped",
    "safety",
    ("out-of-order", "skipped-row", "scattered-aggregate"),
    _SOURCE,
)
POISON_ALONE = Promise(
    "OB-7",
    "a row that cannot be published does not hold up the others",
    "liveness",
    ("poison-blocks-others", "batch-rolled-back"),
    _SOURCE,
)
BOUNDED = Promise(
    "OB-8",
    "one tick of the relay reads at most batch_size rows, and finds them by an index",
    "safety",
    ("unbounded-batch", "reads-whole-table"),
    _SOURCE,
)
