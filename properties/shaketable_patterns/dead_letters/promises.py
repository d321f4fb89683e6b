"""The promises of dead letters, DL-1 to DL-3."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, DL"

ACCOUNTED_FOR = Promise(
    "DL-1",
    "every failed event is finally processed, or is a dead letter with its cause and an alert",
    "liveness",
    ("never-handled", "dead-letter-without-cause", "no-alert"),
    _SOURCE,
)
REDRIVE_ONCE = Promise(
    "DL-2",
    "a redrive completes a dead letter exactly once",
    "liveness",
    ("redrive-lost", "redrive-doubled", "redrive-left-open"),
    _SOURCE,
)
NOTHING_DROPPED = Promise("DL-3", "no event is passed over silently", "liveness", ("silent-drop",), _SOURCE)
