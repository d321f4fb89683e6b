"""What a calm run of a foreign desk shows of its roles: each part that it never shows is told by name."""

import msgspec
import pytest

from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping
from shaketable_patterns.described.self_healing import misplayed
from shaketable_patterns.self_healing.facts import SelfHealingReader
from shaketable_patterns.self_healing.roles import Copy, Invalidation, Lookup, Queue
from tests.unit.self_healing.desk import ROLES, Desk


def told(kind=None, **changes):
    """Return what is told of a calm run if the role of this kind says something else."""
    desk = Desk()
    desk.opened("1", "2")
    desk.line("1", "2")
    desk.op("ahead", result={"ahead": 1}, no="2")
    desk.read("1")
    desk.copy("1")
    desk.write("1", topic="fan")
    roles = tuple(
        msgspec.structs.replace(role, **changes) if kind is not None and isinstance(role, kind) else role
        for role in ROLES
    )
    mapping = Mapping(roles)
    return list(misplayed(SelfHealingReader(mapping, Indexing(mapping.tables()))(desk.quiet(True))))


def test_a_calm_run_that_shows_every_role_says_nothing():
    assert told() == []


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        (Queue, {"active": {"col.state": "waiting"}}, "queue.active: no row of ticket waits in a calm run"),
        (Queue, {"member": "U-{col.no}"}, "queue.key or .member: no entry came into its sorted set"),
        (Copy, {"key": "u/{col.no}"}, "copy.key: no copy of a row of ticket was filled in"),
        (Copy, {"same": {"col.state": "body.state"}}, "copy.same: body.state is in none of the 1 copies of a calm run"),
        (Lookup, {"of": "field.number"}, "lookup read.of: field.number is in none of the 1 answers of a calm run"),
        (Lookup, {"same": {"col.state": "answer.body.s"}}, "lookup read.same: answer.body.s is in none of the 1 answers"),
        (Lookup, {"same": {"col.stat": "answer.s"}}, "lookup read.same: col.stat is in none of the 3 rows of a calm run"),
        (Invalidation, {"where": {"answer.done": True}}, "invalidation write.where: 1 answers came with a change"),
    ],
)  # fmt: skip
def test_what_a_calm_run_never_shows_is_told_by_name(kind, changes, said):
    (only,) = told(kind, **changes)
    assert only.startswith(said)
