"""The promises of a semaphore bulkhead, each with the names of the ways to break it."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, BH"

BH_1 = Promise(
    "BH-1", "no more calls run at once than there are permits", "safety", ("over-admitted",), _SOURCE
)
BH_2 = Promise(
    "BH-2",
    "permits are conserved, and all are free once no call runs, whatever was cancelled or raised",
    "safety",
    ("permit-leaked", "permits-not-conserved", "count-differs"),
    _SOURCE,
)
BH_5 = Promise(
    "BH-5",
    "a call is rejected only when all permits are taken, and only after its wait",
    "safety",
    ("rejected-while-free", "rejected-before-its-wait"),
    _SOURCE,
)

PROMISES = (BH_1, BH_2, BH_5)
