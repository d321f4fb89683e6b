"""The promises of two-phase commit, TP-1 to TP-3."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, TP"

ALL_OR_NONE = Promise(
    "TP-1",
    "all participants commit or none does, for every crash of coordinator or participant",
    "liveness",
    ("partly-committed", "log-differs"),
    _SOURCE,
)
BOUNDED = Promise(
    "TP-2",
    "no participant holds locks longer than the declared bound",
    "safety",
    ("blocked-while-away", "held-too-long"),
    _SOURCE,
)
RESOLVED = Promise(
    "TP-3",
    "what is in doubt is resolved after the coordinator's return, as its log says",
    "liveness",
    ("in-doubt-left", "resolved-late", "before-the-log", "against-the-log"),
    _SOURCE,
)
