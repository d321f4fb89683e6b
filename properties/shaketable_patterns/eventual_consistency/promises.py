"""The promises of copies, EC-1 to EC-5."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, EC"

CONVERGES = Promise(
    "EC-1",
    "after the faults heal all copies agree within the declared bound, and no acknowledged write is lost",
    "liveness",
    ("copies-differ", "converged-late", "write-lost", "newer-undone"),
    _SOURCE,
)
MONOTONIC = Promise(
    "EC-2",
    "a reader who has seen a value sees no older one afterwards",
    "safety",
    ("went-back",),
    _SOURCE,
)
OWN_WRITES = Promise(
    "EC-3",
    "a reader sees what it has written, or something newer",
    "safety",
    ("own-write-unseen",),
    _SOURCE,
)
FRESH = Promise(
    "EC-4",
    "no answer is staler than declared: strong ones never, the others by so much at most once all is healed",
    "safety",
    ("stale-strong-read", "stale-read"),
    _SOURCE,
)
CHOSEN = Promise(
    "EC-5",
    "cut off from the majority a CP subject refuses, and an AP subject answers and says how old",
    "safety",
    ("answered-in-minority", "refused-while-cut-off", "says-no-age", "age-understated"),
    _SOURCE,
)
