"""The promises of a service registry, SR-1 to SR-5."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, SR"

LISTED = Promise(
    "SR-1",
    "an instance that lives and sends heartbeats is listed, one lost heartbeat included",
    "safety",
    ("missing", "emptied"),
    _SOURCE,
)
FORGOTTEN = Promise(
    "SR-2",
    "an instance that is silent is gone from every client within its lease, a sweep and a fetch",
    "safety",
    ("outlives-its-lease",),
    _SOURCE,
)
GONE = Promise(
    "SR-3",
    "an instance that has taken leave is gone within a fetch, and nothing that comes late brings it back",
    "safety",
    ("still-listed", "resurrected"),
    _SOURCE,
)
BACK = Promise(
    "SR-4",
    "an instance that was lost registers again by itself, and a restarted one is listed where it is now",
    "safety",
    ("not-back", "old-address"),
    _SOURCE,
)
ALIKE = Promise(
    "SR-5",
    "replicas agree once they reach each other, and clients keep their copy while no registry answers",
    "safety",
    ("replicas-differ", "copy-lost", "outage-empties"),
    _SOURCE,
)
