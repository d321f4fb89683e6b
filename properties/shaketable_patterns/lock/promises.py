"""The promises of a distributed lock, each with the names of the ways to break it."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, LK"

LK_1 = Promise("LK-1", "at most one holder has an unexpired lease", "safety", ("two-owners",), _SOURCE)
LK_2 = Promise(
    "LK-2",
    "release and extend act only on the caller's own unexpired lease",
    "safety",
    ("released-anothers", "extended-anothers", "extended-expired"),
    _SOURCE,
)
LK_3 = Promise(
    "LK-3",
    "a caller whose acquire was refused or failed is not the owner, and one that is told so is",
    "safety",
    ("owner-after-failure", "wrote-without-owning", "told-without-lock"),
    _SOURCE,
)
LK_4 = Promise(
    "LK-4",
    "a live holder that renews stays the owner, and one that has lost the lock is told",
    "safety",
    ("lost-while-healthy", "not-told"),
    _SOURCE,
)
LK_5 = Promise(
    "LK-5",
    "a release frees the lock, and one that failed or was cancelled can be retried",
    "safety",
    ("not-released", "release-not-retried"),
    _SOURCE,
)
LK_6 = Promise(
    "LK-6", "a failed acquire changes nothing for the holder", "safety", ("holder-changed",), _SOURCE
)
LK_7 = Promise(
    "LK-7",
    "the lock of a holder that dies is free once its lease is over",
    "safety",
    ("never-freed",),
    _SOURCE,
)
LK_8 = Promise(
    "LK-8", "a lock stays taken for as long as lockAtLeastFor says", "safety", ("freed-too-early",), _SOURCE
)
LK_9 = Promise(
    "LK-9",
    "a write by a holder whose lease is over is refused once a later holder has written",
    "safety",
    ("stale-write", "token-not-monotone"),
    _SOURCE,
)
LK_10 = Promise(
    "LK-10",
    "the wall clocks of nodes do not decide who owns the lock",
    "safety",
    ("broken-by-skew", "kept-by-skew"),
    _SOURCE,
)

PROMISES = (LK_1, LK_2, LK_3, LK_4, LK_5, LK_6, LK_7, LK_8, LK_9, LK_10)
