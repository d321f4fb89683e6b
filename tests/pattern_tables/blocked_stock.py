"""Two-phase commit beside the saga: for how long the stock of one item is blocked for others, and an order seen half done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shaketable.fault import CrashSender
from shaketable.history import History, Json
from shaketable.runner import execute
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.sim.world import SimWorld
from shaketable.subject import Subject
from shaketable_patterns.catalogue import subjects
from tests.pattern_tables.columns import aligned
from tests.pattern_tables.row_probe import EVERY_MS, probed

AWAY_MS = (0, 1_000, 7_000, 30_000)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A system, one order of it, and where its coordinator has heard that the stock was taken."""

    subject: str
    order: dict[str, Json]
    heard_at: str


CONTESTANTS = {
    "two-phase commit": Contestant(
        "order-two-phase/hardened",
        {"order": "o1", "user_id": "u1", "item": "chair", "quantity": 1, "amount": 5},
        "order>inventory POST /transactions/o1/preparation #1",
    ),
    "saga": Contestant(
        "order-orchestration/hardened",
        {"order": "o1", "item": "apple", "quantity": 1, "amount": 5, "key": "k1"},
        "orchestrator>inventory POST /commands/reserve #1",
    ),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """For how long the item was locked, and an order could be seen half done."""

    blocked_ms: int
    half_done_ms: int


def measured(one: Contestant, away_ms: int) -> Measured:
    """Place an order, cut the power of its coordinator once the stock is taken, and measure until all is quiet."""
    blocked: list[int] = []
    subject = probed(_subject(one.subject), str(one.order["item"]), blocked.append)
    steps: list[Step] = [Do("place", one.order), Wait(away_ms + 20_000)]
    if away_ms:
        steps.insert(0, Inject(CrashSender(at=one.heard_at, leg="reply", down_ms=away_ms)))
    run = execute(SimWorld(), subject, Schedule(one.subject, tuple(steps)))
    return Measured(_span_ms(blocked), _half_done_ms(run.history))


def lines() -> Iterator[str]:
    """Yield the table."""
    names = list(CONTESTANTS)
    heads = [
        "coordinator away for",
        *(f"{name}: stock blocked" for name in names),
        *(f"{name}: half done" for name in names),
    ]
    rows = [heads]
    for away_ms in AWAY_MS:
        found = [measured(CONTESTANTS[name], away_ms) for name in names]
        rows.append(
            [
                _said(away_ms) if away_ms else "not at all",
                *(_said(one.blocked_ms) for one in found),
                *(_said(one.half_done_ms) for one in found),
            ]
        )
    yield from aligned(rows)


def _subject(name: str) -> Subject:
    return next(subject for subject in subjects() if subject.name == name)


def _span_ms(blocked: list[int]) -> int:
    return blocked[-1] - blocked[0] + EVERY_MS if blocked else 0


def _half_done_ms(history: History) -> int:
    """Return for how long others could read one half of an order without the other: its stock, and that it has ended."""
    taken_ms = ended_ms = None
    for event in history.events:
        if event.kind != "effect" or event.name != "commit":
            continue
        for _, table, row in event.value["writes"]:
            if table == "reservations" and taken_ms is None:
                taken_ms = event.time_ms
            if table == "orders" and ended_ms is None and row.get("status") in ("CONFIRMED", "CANCELLED"):
                ended_ms = event.time_ms
    return 0 if taken_ms is None or ended_ms is None else abs(ended_ms - taken_ms)


def _said(span_ms: int) -> str:
    return f"{span_ms:,} ms".replace(",", " ")


if __name__ == "__main__":
    print("\n".join(lines()))  # noqa: T201
