"""The contract of docs/faults.md on the simulated world, clause by clause; and on worlds that break it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shaketable.conformance.played_run import Claims
from shaketable.conformance.runs import BOUNDARIES
from shaketable.conformance.shop import shop
from shaketable.conformance.suite import CLAUSES, Clause, ContractBroken, check_world
from shaketable.conformance.world_under_test import WorldUnderTest
from shaketable.errors import HarnessError
from shaketable.sim.world import SimWorld
from tests.conformance import bad_worlds
from tests.conformance.worlds_under_test import world_under_test


@pytest.fixture(scope="module")
def world() -> Iterator[WorldUnderTest]:
    with world_under_test("sim") as opened:
        yield opened


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.__name__)
def test_clause(clause: Clause, world: WorldUnderTest) -> None:
    clause(world)


@pytest.mark.parametrize(
    ("make", "broken"), bad_worlds.ALL, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_bad_world_is_told_its_clause(make: bad_worlds.Make, broken: str) -> None:
    with pytest.raises(ContractBroken, match=broken) as caught:
        check_world(make(SimWorld()), shop())
    assert broken in caught.value.broken


def test_a_good_world_passes_as_a_whole() -> None:
    check_world(SimWorld(), shop())


def test_a_world_that_claims_bytes_and_has_none_is_told_so() -> None:
    with pytest.raises(ContractBroken) as caught:
        check_world(SimWorld(), shop(), Claims(has_byte_faults=True))
    assert all("receipt of" in how for how in caught.value.broken.values())
    assert len(caught.value.broken) == 15


def test_a_claim_that_tells_late_from_never_no_more_is_refused() -> None:
    with pytest.raises(HarnessError, match="late_ms must be under"):
        Claims(late_ms=60_000)


def test_the_contract_says_what_every_fault_does() -> None:
    assert len(CLAUSES) > 50
    assert len({clause.__name__ for clause in CLAUSES}) == len(CLAUSES)
    assert len(set(BOUNDARIES)) == len(BOUNDARIES)
