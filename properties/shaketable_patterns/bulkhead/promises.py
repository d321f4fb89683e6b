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
BH_3 = Promise(
    "BH-3",
    "a call that waits runs, times out or is cancelled, and is not rejected for another one",
    "safety",
    ("rejected-from-the-queue", "waited-too-long"),
    _SOURCE,
)
BH_4 = Promise(
    "BH-4", "no permit is free while a call waits for one", "safety", ("idle-while-calls-wait",), _SOURCE
)
BH_5 = Promise(
    "BH-5",
    "a call is rejected only when all permits are taken, and only after its wait or with no room to wait",
    "safety",
    ("rejected-while-free", "rejected-with-room-to-wait", "rejected-before-its-wait"),
    _SOURCE,
)

PROMISES = (BH_1, BH_2, BH_3, BH_4, BH_5)
OF_WAITING = (BH_3, BH_4)
"""Asked only of a bulkhead that lets calls wait."""
AT_ONCE = tuple(promise for promise in PROMISES if promise not in OF_WAITING)
"""What is asked of one that lets no call wait."""
