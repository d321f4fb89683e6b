"""The waiting list in the words of a self-healing queue and cache."""

from __future__ import annotations

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Role, Rows
from shaketable.profile import Profile
from shaketable_patterns.self_healing.roles import (
    Copy,
    Invalidation,
    Listing,
    Lookup,
    Queue,
    Seating,
    Standing,
)
from shaketable_patterns.waiting_list.client import SERVICE

WAITINGS = Rows("waiting", "waitings", ("id",))
_FIELDS = ("place", "party", "status", "version")
_ROLES: tuple[Role, ...] = (
    Queue(
        rows=WAITINGS,
        of="col.id",
        active={"col.status": "WAITING"},
        place="col.place",
        order="col.created_ms",
        tie="col.id",
        key="queue:{col.place}",
        member="col.id",
        part=SERVICE,
    ),
    Listing(op="queue", place="field.place", says="answer.body.waitings"),
    Standing(op="position", of="field.waiting", says="answer.body.position"),
    Seating(op="call", of="answer.body.called"),
    Copy(
        rows=WAITINGS,
        of="col.id",
        key="waiting:{col.id}",
        same={f"col.{field}": f"body.{field}" for field in _FIELDS},
    ),
    Lookup(
        op="look",
        of="field.waiting",
        same={f"col.{field}": f"answer.body.{field}" for field in _FIELDS},
    ),
    *(
        Invalidation(name=op, op=op, of=of, where={"answer.body.invalidated": True})
        for op, of in (
            ("change", "field.waiting"),
            ("cancel", "field.waiting"),
            ("call", "answer.body.called"),
        )
    ),
)


def mapping(declared: Profile) -> Mapping:
    """Return the mapping of every variant."""
    return Mapping(_ROLES, settings=declared.knobs)
