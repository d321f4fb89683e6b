"""The tables and ops of the copies of a price list that play the roles."""

from __future__ import annotations

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Rows
from shaketable.profile import Profile
from shaketable_patterns.eventual_consistency.roles import Reading, Replica, Writing
from shaketable_targets.price_copies.schema import COPIES


def mapping(declared: Profile) -> Mapping:
    """Return who plays which role under a profile: what a consistent one promises every reader, an available one only to who stays."""
    is_consistent = declared.knobs["under_partition"] != "answer"
    copies = tuple(
        Replica(
            name=name,
            rows=Rows(name, "prices", ("product",)),
            of="col.product",
            says="col.price",
            version="col.version",
        )
        for name in COPIES
    )
    writing = Writing(
        op="write",
        of="field.product",
        says="field.price",
        at="field.copy",
        version="answer.body.version",
        reader="field.reader",
    )
    reading = Reading(
        op="read",
        of="field.product",
        version="answer.body.version",
        at="field.copy",
        reader="field.reader",
        monotonic=True,
        own_writes=True,
        strong=is_consistent,
        age="" if is_consistent else "answer.body.age_ms",
    )
    return Mapping((*copies, writing, reading), settings=declared.knobs)
