"""The clauses of docs/faults.md, and the check of a world against all of them: `check_world`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType

from shaketable.conformance import (
    byte_fault_ends,
    byte_faults,
    cache,
    groups,
    links,
    messages,
    one_address,
    power,
    replicas,
    runs,
    transactions,
)
from shaketable.conformance.played_run import Claims, ClauseBroken
from shaketable.conformance.world_under_test import WorldUnderTest
from shaketable.errors import HarnessError
from shaketable.subject import Subject
from shaketable.world import World

Clause = Callable[[WorldUnderTest], None]


def _clauses(module: ModuleType) -> list[Clause]:
    """List its public functions that take a world under test, in the order of the file."""
    return [
        value
        for name, value in vars(module).items()
        if callable(value)
        and not name.startswith("_")
        and getattr(value, "__module__", "") == module.__name__
        and list(getattr(value, "__annotations__", {})) == ["world", "return"]
    ]


CLAUSES: tuple[Clause, ...] = tuple(
    clause
    for module in (
        runs,
        messages,
        transactions,
        power,
        cache,
        groups,
        links,
        replicas,
        one_address,
        byte_faults,
        byte_fault_ends,
    )
    for clause in _clauses(module)
)


class ContractBroken(HarnessError):
    """A world breaks clauses of the contract; `broken` are their names and how."""

    def __init__(self, world: str, broken: dict[str, str]) -> None:
        self.broken = broken
        lines = "\n".join(f"  {name}: {how}" for name, how in broken.items())
        super().__init__(f"the world {world!r} breaks {len(broken)} of the contract's clauses:\n{lines}")


def check_world(
    world: World, subject: Subject, claims: Claims | None = None, clauses: Iterable[Clause] = CLAUSES
) -> None:
    """Play every clause on `world`, one after the other; ContractBroken names those that do not hold.

    `subject` is `shaketable.conformance.shop.shop(...)` with what this world has to start. An error that is no
    breach (the world does not come up) surfaces as it is.
    """
    tested = WorldUnderTest(world, subject, claims or Claims())
    broken: dict[str, str] = {}
    for clause in clauses:
        try:
            clause(tested)
        except ClauseBroken as how:
            broken[clause.__name__] = str(how)
        except (LookupError, TypeError, ValueError) as error:  # what the clause reads is not in the history
            broken[clause.__name__] = f"its history lacks what the clause reads: {error!r}"
    if broken:
        raise ContractBroken(world.name, broken)
