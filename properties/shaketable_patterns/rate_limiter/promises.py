"""The promises of a rate limiter, each with the names of the ways to break it."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, RL"

RL_1 = Promise("RL-1", "no interval sees more calls admitted than its law allows", "safety", ("over-admitted",), _SOURCE)  # fmt: skip
RL_2 = Promise("RL-2", "a refused or cancelled call consumes nothing", "safety", ("refusal-consumed",), _SOURCE)  # fmt: skip
RL_3 = Promise(
    "RL-3",
    "a call is admitted at once while its law has room",
    "safety",
    ("refused-with-room", "delayed-with-room", "waits-for-ever"),
    _SOURCE,
)
RL_4 = Promise(
    "RL-4",
    "concurrent callers, and those of several processes, share one budget",
    "safety",
    ("budget-not-shared", "budgets-mixed"),
    _SOURCE,
)
RL_5 = Promise(
    "RL-5",
    "a wall clock that is set back neither mints admissions nor blocks for longer than its step",
    "safety",
    ("minted-by-clock", "blocked-by-clock"),
    _SOURCE,
)
RL_6 = Promise(
    "RL-6",
    "keys are isolated, and when its store is lost it fails as it declares",
    "safety",
    ("keys-not-isolated", "opened-without-store", "closed-without-store", "raised-without-store"),
    _SOURCE,
)

PROMISES = (RL_1, RL_2, RL_3, RL_4, RL_5, RL_6)
