"""The log of sagas: one row each, written before a command is sent and after it is answered, under a fenced claim."""

from __future__ import annotations

from typing import NamedTuple

from shaketable.ports import Change, Json, Ports, Row, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.orchestrated.plan import SERVICE_OF
from shaketable_targets.order_system.orchestrated.progress import ACTIVE, Progress

PARKED = "saga"
"""The source of the dead letters of commands."""


class ClaimLost(Exception):
    """Another instance has claimed the saga since: whatever this one was about to write is out of date."""


class Claim(NamedTuple):
    """The right to write one saga. The epoch grows by one with every claim: it is the fence."""

    saga: str
    epoch: int


class SagaLog:
    """The table `sagas`. `save` is refused once another instance has claimed the saga, however late it comes."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        self._clock = ports.clock
        self._database = ports.database
        self._name = ports.name
        self._config = config
        self._letters = letters

    async def begin(self, tx: Transaction, order: Json) -> None:
        """Begin a saga, unless the order has one."""
        await tx.insert("sagas", self.first_row(order), on_conflict="ignore")

    def first_row(self, order: Json) -> Row:
        """Make the row of a new saga, of which nothing is claimed."""
        fields = {name: order[name] for name in ("item", "quantity", "amount")}
        claim = {"owner": "", "epoch": 0, "until_ms": 0, "wake_ms": 0}
        return {"id": order["order"], **fields, **Progress(order).columns(), **claim}

    async def due(self) -> list[str]:
        """Return the sagas that are under way, claimed by no instance, and not waiting for their next attempt."""
        async with self._database.transaction() as tx:
            rows = await tx.select(
                "sagas",
                ("status", "in", ACTIVE),
                ("parked", "=", ""),
                order_by=("wake_ms", "id"),
                limit=self._config.batch_size,
            )
        now_ms = self._clock.now_ms()
        return [
            str(row["id"])
            for row in rows
            if int(row["until_ms"] or 0) <= now_ms and int(row["wake_ms"] or 0) <= now_ms
        ]

    async def claim(self, saga: str) -> tuple[Claim, Progress] | None:
        """Claim a saga for one pass; None if it needs none, or another instance has it."""
        now_ms = self._clock.now_ms()
        lease: Row = {"owner": self._name, "until_ms": now_ms + self._config.lock_at_most_for_ms}
        async with self._database.transaction() as tx:
            free = (("until_ms", "<=", now_ms), ("status", "in", ACTIVE), ("parked", "=", ""))
            if not await tx.update("sagas", {**lease, "epoch": ("+", 1)}, ("id", "=", saga), *free):
                return None
            (row,) = await tx.select("sagas", ("id", "=", saga))
        return Claim(saga, int(row["epoch"] or 0)), Progress.read(row)

    async def save(self, claim: Claim, progress: Progress, *, pause_ms: int | None = None) -> None:
        """Write the progress down, with the dead letter of what is parked; with `pause_ms` the claim ends too.

        Letters of commands that are over by now are closed. Raises ClaimLost.
        """
        now_ms = self._clock.now_ms()
        lease = now_ms + self._config.lock_at_most_for_ms
        changes = progress.columns() | {"until_ms": lease if pause_ms is None else 0}
        if pause_ms is not None:
            changes |= {"wake_ms": now_ms + pause_ms}
        async with self._database.transaction() as tx:
            if not await tx.update("sagas", changes, *self.mine(claim)):
                raise ClaimLost(claim.saga)
            if progress.parked:
                await self.file(tx, progress)
            for command in progress.filed:
                if progress.is_over(command):
                    await self.close(tx, claim.saga, command)

    def mine(self, claim: Claim) -> tuple[tuple[str, str, object], ...]:
        """Return the condition under which a claim may write."""
        return ("id", "=", claim.saga), ("epoch", "=", claim.epoch)

    async def file(self, tx: Transaction, progress: Progress) -> None:
        """File the parked command as a dead letter with an alert."""
        command, order = progress.parked, progress.order
        letter = {"event_id": letter_id(order["order"], command), "type": command, **order}
        cause = f"{SERVICE_OF[command]} did not carry it out in {self._config.attempts_max} attempts"
        await self._letters.file(tx, letter, PARKED, cause)

    async def close(self, tx: Transaction, saga: str, command: str) -> None:
        """Close the letter of a command that is over."""
        is_open = (("event_id", "=", letter_id(saga, command)), ("status", "=", "OPEN"))
        await tx.update("dead_letters", {"status": "REDRIVEN"}, *is_open)

    async def unpark(self, saga: str, command: str) -> None:
        """Let a parked saga go on, with one attempt at the command that was given up."""
        async with self._database.transaction() as tx:
            rows = await tx.select("sagas", ("id", "=", saga), ("parked", "=", command), lock="update")
            if rows:
                progress = Progress.read(rows[0])
                progress.parked = ""
                progress.attempts = {command: self._config.attempts_max - 1}
                # The epoch grows: an instance that was about to write before it was parked must not any more.
                free: Row = {"until_ms": 0, "wake_ms": 0}
                changes: dict[str, Change] = {**progress.columns(), **free, "epoch": ("+", 1)}
                await tx.update("sagas", changes, ("id", "=", saga))

    async def read(self, saga: str) -> Progress | None:
        """Return how far a saga is."""
        async with self._database.transaction() as tx:
            rows = await tx.select("sagas", ("id", "=", saga))
        return Progress.read(rows[0]) if rows else None


def letter_id(saga: str, command: str) -> str:
    """Return the id under which a command's letter is filed, and the key under which it is sent."""
    return f"{saga}/{command}"
