"""The promises of an idempotency store, each with the names of the ways to break it."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, IS"

IS_1 = Promise(
    "IS-1",
    "a key that is done gets its stored outcome, and nothing is executed",
    "safety",
    ("executed-again", "wrong-outcome", "done-key-refused"),
    _SOURCE,
)
IS_2 = Promise(
    "IS-2",
    "a key is not executed while it is in progress, whichever worker asks",
    "safety",
    ("executed-twice",),
    _SOURCE,
)
IS_3 = Promise(
    "IS-3",
    "only the caller that owns a key completes or releases it",
    "safety",
    ("stolen-record", "done-record-changed"),
    _SOURCE,
)
IS_4 = Promise(
    "IS-4",
    "no key is blocked for ever by a crash, an exception, a cancellation or an expiry",
    "safety",
    ("key-blocked",),
    _SOURCE,
)
IS_5 = Promise(
    "IS-5",
    "a key that comes with another payload is refused, and never gets the other's outcome",
    "safety",
    ("other-payload-executed", "other-outcome-returned"),
    _SOURCE,
)

PROMISES = (IS_1, IS_2, IS_3, IS_4, IS_5)
