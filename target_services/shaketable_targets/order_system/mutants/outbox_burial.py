"""Mistakes in giving a row up."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shaketable_targets.order_system.locked_relay import LockedRelay
from shaketable_targets.order_system.relay import Tick
from shaketable_targets.ports import Row, Transaction


class DeadInSilence(LockedRelay):
    """Gives a row up after its attempts and tells nobody: the log has a line."""

    async def _strike(self, tx: Transaction, row: Row, cause: str) -> None:
        del cause
        attempts = int(row["attempts"] or 0) + 1
        dead = attempts >= self._config.poison_attempts_max
        changes = {"attempts": attempts, "status": "DEAD" if dead else "PENDING"}
        await tx.update("outbox", changes, ("id", "=", row["id"]), ("status", "=", "PENDING"))


class CountsOutages(LockedRelay):
    """Counts an attempt that the broker did not answer like one that it refused: an outage buries good events."""

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        tick = await super()._publish(rows, mine)
        done = {*tick.confirmed, *(row["id"] for row, _ in tick.poison)}
        failed = next((row for row in rows if row["id"] not in done), None)
        if failed is not None:
            tick.poison.append((failed, "the broker did not answer"))
        return tick
