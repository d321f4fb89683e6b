"""The promises of a retry, each with the names of the ways to break it."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, RT"

RT_1 = Promise(
    "RT-1",
    "a call is tried until the first success, and at most as often as declared",
    "safety",
    ("too-many-attempts", "repeated-after-success", "gave-up-early"),
    _SOURCE,
)
RT_2 = Promise(
    "RT-2",
    "each wait between two attempts is within its declared bounds",
    "safety",
    ("waited-too-briefly", "waited-too-long", "waits-for-ever"),
    _SOURCE,
)
RT_3 = Promise(
    "RT-3",
    "only what is declared is tried again, and a cancellation never",
    "safety",
    ("retried-undeclared", "retried-cancellation", "cancellation-swallowed"),
    _SOURCE,
)
RT_4 = Promise(
    "RT-4",
    "the time that all attempts may take is kept to",
    "safety",
    ("went-on-after-budget", "ended-after-budget"),
    _SOURCE,
)
RT_5 = Promise(
    "RT-5",
    "the caller gets the result, or else the last error",
    "safety",
    ("error-changed", "error-swallowed", "result-changed"),
    _SOURCE,
)
RT_6 = Promise(
    "RT-6",
    "a request that is not idempotent and whose outcome is unknown is never repeated",
    "safety",
    ("unknown-repeated",),
    _SOURCE,
)

PROMISES = (RT_1, RT_2, RT_3, RT_4, RT_5, RT_6)
