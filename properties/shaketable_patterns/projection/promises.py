"""The promises of a read model, PJ-1 to PJ-6."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, PJ"

COMPLETE = Promise(
    "PJ-1",
    "when all is quiet, the view and what is asked of it say what was committed",
    "liveness",
    ("missing-in-view", "never-committed", "view-differs", "total-differs", "wrong-answer"),
    _SOURCE,
)
ONCE = Promise(
    "PJ-2",
    "at every moment a total counts each event at most once",
    "safety",
    ("counted-twice", "taken-twice"),
    _SOURCE,
)
FORWARD = Promise(
    "PJ-3",
    "the position only moves forward and never past what is not in the view, and an old event undoes nothing newer",
    "safety",
    ("position-went-back", "position-ahead", "newer-undone"),
    _SOURCE,
)
REBUILT = Promise(
    "PJ-4",
    "a view that was built again, while events went on, is what it would be without",
    "liveness",
    ("rebuild-lost", "rebuild-differs", "rebuild-unfinished"),
    _SOURCE,
)
FRESH = Promise(
    "PJ-5",
    "what is declared strong is never stale, and the rest lags no longer than declared once all is healed",
    "safety",
    ("stale-strong-read", "stale-view"),
    _SOURCE,
)
POISON = Promise(
    "PJ-6",
    "an event that nothing can read is treated as declared: kept and passed, or stopped at",
    "safety",
    ("poison-dropped", "poison-blocks", "poison-passed"),
    _SOURCE,
)
