"""Mistakes in the log of an orchestrator: what it writes when, and who may."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from shaketable.ports import Json, Ports
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.orchestrated.orchestrator import Orchestrator
from shaketable_targets.order_system.orchestrated.progress import Progress
from shaketable_targets.order_system.orchestrated.saga_log import Claim, SagaLog, letter_id


class SavesAfterwards(Orchestrator):
    """Writes a step down once it is answered, not before it is sent: what was done and not answered is not undone.

    Met in oxidecomputer/omicron (issue 10166): a step was done, a crash came before its node was marked, the step then failed,
    and its undo was left out because it had never completed.
    """

    async def send_due(self, claim: Claim, progress: Progress) -> int | None:
        commands = progress.due()
        answers = await asyncio.gather(*(self.ask(command, progress.order) for command in commands))
        found = dict(zip(commands, answers, strict=True))
        progress.send([command for command, (outcome, _) in found.items() if outcome is not None])
        return self.note(progress, found)


class FreshKeyOnResume(Orchestrator):
    """Makes the keys of a pass anew, as if what is sent again after a pause were another request.

    Met in danielgerlag/workflow-core (issue 560): a step that was under way at a restart is run from its beginning, and what it
    asked of others is asked again under nothing that they could know it by.
    """

    async def drive_on(self, claim: Claim, progress: Progress) -> None:
        progress = replace(progress, order={**progress.order, "pass": claim.epoch})
        await super().drive_on(claim, progress)

    def key(self, command: str, order: Json) -> str:
        return f"{letter_id(order['order'], command)}/{order['pass']}"


class _OwnedLog(SagaLog):
    async def claim(self, saga: str) -> tuple[Claim, Progress] | None:
        async with self._database.transaction() as tx:
            await tx.update("sagas", {"owner": self._name}, ("id", "=", saga))
            (row,) = await tx.select("sagas", ("id", "=", saga))
        return Claim(saga, int(row["epoch"] or 0)), Progress.read(row)


class NoClaim(Orchestrator):
    """Notes who drives a saga and claims nothing, so two instances that find it due both drive it.

    Met in MassTransit/MassTransit (issue 1959): two instances of one saga took the same message.
    """

    def make_log(self) -> SagaLog:
        return _OwnedLog(self.ports, self.config, self.letters)


class _UnfencedLog(SagaLog):
    def mine(self, claim: Claim) -> tuple[tuple[str, str, object], ...]:
        return (("id", "=", claim.saga),)


class Unfenced(Orchestrator):
    """Claims a saga, and writes it whether or not the claim still holds: one that stalled overwrites its successor.

    Met in aegra/aegra (issue 547) and maxcountryman/underway (issue 111): leases without a token in each write.
    """

    def make_log(self) -> SagaLog:
        return _UnfencedLog(self.ports, self.config, self.letters)


class _RememberingLog(SagaLog):
    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters)
        self._undoing: set[str] = set()

    async def due(self) -> list[str]:
        async with self._database.transaction() as tx:
            going_back = (("status", "in", ("UNDOING", "CANCELLING")), ("parked", "=", ""))
            back = {str(row["id"]) for row in await tx.select("sagas", *going_back)}
        return [saga for saga in await super().due() if saga not in back or saga in self._undoing]

    async def save(self, claim: Claim, progress: Progress, *, pause_ms: int | None = None) -> None:
        if progress.status == "UNDOING":
            self._undoing.add(claim.saga)
        await super().save(claim, progress, pause_ms=pause_ms)


class ResumesForwardOnly(Orchestrator):
    """Looks for what runs forward when it starts; what it was undoing it knows by heart, until it crashes.

    Met in dbos-inc/dbos-transact-py (issue 716): what recovery did not take up at its one look is never looked for again.
    """

    def make_log(self) -> SagaLog:
        return _RememberingLog(self.ports, self.config, self.letters)


class ForgetsTheBranch(Orchestrator):
    """Keeps in memory that goods need a courier: after a pause the branch is taken without one.

    Met in camunda/camunda (issue 1219): what decided the way was in a cache that no restart survived.
    """

    async def drive_on(self, claim: Claim, progress: Progress) -> None:
        if progress.steps.get("courier") == "NEW":
            del progress.steps["courier"]
        await super().drive_on(claim, progress)


class _ParkingLog(SagaLog):
    async def unpark(self, saga: str, command: str) -> None:
        del saga, command


class StaysParked(Orchestrator):
    """Reports a parked command as redriven and leaves its saga parked.

    Met in hadamrd/forge-loop (issue 301): an undo that nothing had run was marked as done.
    """

    def make_log(self) -> SagaLog:
        return _ParkingLog(self.ports, self.config, self.letters)

    async def take_up(self, letter: Json) -> None:
        await self.log.unpark(letter["order"], letter["type"])
        await self.drive(letter["order"])
