"""The contract of docs/faults.md on the world `processes`, clause by clause: a file of its own, since it takes a minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shaketable.conformance.suite import CLAUSES, Clause
from shaketable.conformance.world_under_test import WorldUnderTest
from tests.conformance.worlds_under_test import world_under_test


@pytest.fixture(scope="module")
def world() -> Iterator[WorldUnderTest]:
    with world_under_test("processes") as opened:
        yield opened


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.__name__)
def test_clause(clause: Clause, world: WorldUnderTest) -> None:
    clause(world)
