"""The contract of docs/faults.md on every world of ours, clause by clause; and on worlds that break it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from harness.conformance.runs import CATALOGUE
from harness.conformance.shop import shop
from harness.conformance.stage import Claims, Stage
from harness.conformance.suite import CLAUSES, Clause, ContractBroken, check_world
from harness.errors import UsageError
from harness.ports import Errors
from harness.sim.world import SimWorld
from harness.worlds import check_world as is_available
from harness.worlds import close_worlds, world_for
from target_services import ports as service_ports
from tests.conformance import bad_worlds

REAL_MS = Claims(late_ms=8_000, early_ms=100, spoils_bytes=True)
"""Real worlds run ten times as fast as the schedule says: 0.8 s late, 10 ms early."""
ERRORS = Errors(
    timeout=service_ports.Timeout,
    connection_lost=service_ports.ConnectionLost,
    refused=service_ports.Refused,
    unique_violation=service_ports.UniqueViolation,
)


def open_stage(name: str) -> Stage:
    """The one stage for all clauses; skips where the world cannot be had, unless this is CI."""
    if name == "sim":
        return Stage(SimWorld(), shop(), Claims())
    try:
        is_available(name)
    except UsageError as lacking:
        if not os.environ.get("CI"):
            pytest.skip(str(lacking))
        raise
    subject = shop("tests.conformance.shop_app:main", ERRORS)
    return Stage(world_for(subject, name), subject, REAL_MS)


@pytest.fixture(scope="module")
def stages() -> Iterator[Callable[[str], Stage]]:
    opened: dict[str, Stage] = {}

    def stage(name: str) -> Stage:
        if name not in opened:
            opened[name] = open_stage(name)
        return opened[name]

    yield stage
    close_worlds()


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.__name__)
@pytest.mark.parametrize(
    "world", ["sim", "processes", pytest.param("containers", marks=pytest.mark.containers)]
)
def test_clause(clause: Clause, world: str, stages: Callable[[str], Stage]) -> None:
    clause(stages(world))


@pytest.mark.parametrize(("make", "broken"), bad_worlds.ALL, ids=lambda value: getattr(value, "__name__", ""))
def test_a_bad_world_is_told_its_clause(make: bad_worlds.Make, broken: str) -> None:
    with pytest.raises(ContractBroken, match=broken) as caught:
        check_world(make(SimWorld()), shop())
    assert broken in caught.value.broken


def test_a_good_world_passes_as_a_whole() -> None:
    check_world(SimWorld(), shop())


def test_a_world_that_claims_bytes_and_has_none_is_told_so() -> None:
    with pytest.raises(ContractBroken) as caught:
        check_world(SimWorld(), shop(), Claims(spoils_bytes=True))
    assert all("receipt of" in how for how in caught.value.broken.values())
    assert len(caught.value.broken) == 8


def test_a_claim_that_tells_late_from_never_no_more_is_refused() -> None:
    with pytest.raises(Exception, match="late_ms must be under"):
        Claims(late_ms=60_000)


def test_the_contract_says_what_every_fault_does() -> None:
    assert len(CLAUSES) > 50
    assert len({clause.__name__ for clause in CLAUSES}) == len(CLAUSES)
    assert len(set(CATALOGUE)) == len(CATALOGUE)
