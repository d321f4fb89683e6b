"""What a copy of either kind gives up while it is cut off from the majority: answers, or that they are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shaketable.history import Op
from shaketable.mapping.index_builder import Indexing
from shaketable.runner import execute
from shaketable.schedule import Schedule, Step, Wait
from shaketable.sim.world import SimWorld
from shaketable_patterns.eventual_consistency.facts import CopiesFacts, CopiesReader, Written
from shaketable_patterns.price_copies.mapping import mapping
from shaketable_patterns.price_copies.subjects import AVAILABLE, CONSISTENT, hardened
from shaketable_patterns.price_copies.values import isolation, read, write
from tests.pattern_tables.columns import aligned

KINDS = {"consistent (CP)": CONSISTENT, "available (AP)": AVAILABLE}
CUT_OFF, CONNECTED = "copy-a", "copy-b"
ROUNDS = 4
"""So many times both sides write a product and read it."""
_PAUSE_MS = 5_000
"""Longer than an op takes that waits twice for a copy that does not answer."""
_CUT_MS = 2 * ROUNDS * _PAUSE_MS


@dataclass(frozen=True, slots=True)
class Measured:
    """What the two sides were answered, of `ROUNDS` each: by copy, then `read` or `write`."""

    answered: dict[tuple[str, str], int]
    slowest_ms: dict[str, int]
    """The longest that a client waited for its answer or refusal, by copy."""
    lag_ms: int
    """The longest that a write had been acknowledged which an answer of that copy did not know."""
    replaced: int
    """Writes that had been acknowledged, and were replaced by one that did not know of them."""


def measured(name: str) -> Measured:
    """Cut a copy off, and let both sides write and read."""
    subject = next(one for one in hardened() if one.name == name)
    run = execute(SimWorld(), subject, Schedule(name, tuple(_steps())))
    roles = mapping(subject.profile)
    facts = CopiesReader(roles, Indexing(roles.tables()))(run.history)
    ops = {"read": facts.reads, "write": facts.writes}
    answered = {
        (copy, what): sum(one.copy == copy and one.version is not None for one in done)
        for copy in (CUT_OFF, CONNECTED)
        for what, done in ops.items()
    }
    slowest_ms = {
        copy: max(_took_ms(one.op) for one in (*facts.reads, *facts.writes) if one.copy == copy)
        for copy in (CUT_OFF, CONNECTED)
    }
    return Measured(answered, slowest_ms, _lag_ms(facts), _replaced(facts))


def lines() -> Iterator[str]:
    """Yield the table."""
    found = [measured(name) for name in KINDS.values()]
    rows: list[Sequence[str]] = [(f"while {CUT_OFF} is cut off", *KINDS)]
    for copy in (CUT_OFF, CONNECTED):
        rows += [
            (f"{what}s answered at {copy}", *(f"{one.answered[copy, what]} of {ROUNDS}" for one in found))
            for what in ("read", "write")
        ]
        rows.append((f"longest wait at {copy}", *(f"{one.slowest_ms[copy]} ms" for one in found)))
    rows.append((f"an answer at {CUT_OFF} lags by up to", *(f"{one.lag_ms} ms" for one in found)))
    rows.append(("acknowledged writes replaced unseen", *(str(one.replaced) for one in found)))
    yield from aligned(rows)


def _steps() -> Iterator[Step]:
    yield from isolation(CUT_OFF, _CUT_MS)
    number = 0
    for _ in range(ROUNDS):
        for reader, copy in (("ann", CUT_OFF), ("bob", CONNECTED)):
            number += 1
            yield write(number, reader, "lamp", copy)
        yield Wait(_PAUSE_MS)
        for reader, copy in (("ann", CUT_OFF), ("bob", CONNECTED)):
            yield read(reader, "lamp", copy)
        yield Wait(_PAUSE_MS)


def _took_ms(op: Op) -> int:
    return 0 if op.completed is None else op.completed.time_ms - op.invoked.time_ms


def _lag_ms(facts: CopiesFacts) -> int:
    """Return how long a write of the other side had been acknowledged when the copy that was cut off, which has none, answered."""
    acknowledged_ms = [
        one.op.completed.time_ms
        for one in facts.writes
        if one.copy == CONNECTED and one.version is not None and one.op.completed is not None
    ]
    answered_ms = [
        one.op.invoked.time_ms for one in facts.reads if one.copy == CUT_OFF and one.version is not None
    ]
    return max(answered_ms, default=0) - min(acknowledged_ms) if answered_ms else 0


def _replaced(facts: CopiesFacts) -> int:
    """Count the acknowledged writes that the last version, which won, was made without having seen."""
    done = [one for one in facts.writes if one.version is not None]
    if not done:
        return 0
    winner = max(done, key=_version)
    known = {
        state.version
        for state in facts.states[winner.copy].get(winner.of, ())
        if state.at < winner.op.invoked.index
    }
    return sum(one is not winner and one.version not in known for one in done)


def _version(one: Written) -> int:
    return one.version or 0


if __name__ == "__main__":
    print("\n".join(lines()))  # noqa: T201
