"""Correct orchestrators unlike the hardened one, which a strict reader might accuse."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from shaketable.ports import Json
from shaketable.profile import Profile
from shaketable.subject import Subject, System
from shaketable_patterns.compositions import pattern_of
from shaketable_patterns.order_system import profile
from shaketable_patterns.order_system.orchestrated_system import ALONE, ORCHESTRATORS, over_http, over_kafka
from shaketable_patterns.order_system.variant import ORCHESTRATION, Variant
from shaketable_targets.order_system.orchestrated.orchestrator import Orchestrator
from shaketable_targets.order_system.orchestrated.participant import Answer
from shaketable_targets.order_system.orchestrated.payment import PaymentParticipant
from shaketable_targets.order_system.orchestrated.plan import ALWAYS, STEP_OF
from shaketable_targets.order_system.orchestrated.progress import Outcome, Progress
from shaketable_targets.order_system.orchestrated.saga_log import Claim, ClaimLost, SagaLog

Answers = Mapping[str, tuple[Outcome | None, bool]]


class OneAtATime(Orchestrator):
    """Sends one command after the other, whatever could be done at the same time."""

    async def send_due(self, claim: Claim, progress: Progress) -> int | None:
        command = progress.due()[0]
        progress.send([command])
        await self.log.save(claim, progress)
        return self.note(progress, {command: await self.ask(command, progress.order)})


class UndoesWhatWasRefused(Orchestrator):
    """Believes no refusal: it undoes the step that said it failed like those that were done."""

    def note(self, progress: Progress, answers: Answers) -> int | None:
        pause_ms = super().note(progress, answers)
        for command, (outcome, _) in answers.items():
            if outcome == "refused" and command in STEP_OF:
                progress.steps[STEP_OF[command].name] = "SENT"
        return pause_ms


class UndoesTheWholePlan(Orchestrator):
    """Writes down only what was answered, and undoes every step of the plan that it has no refusal of."""

    async def send_due(self, claim: Claim, progress: Progress) -> int | None:
        commands = progress.due()
        answers = await asyncio.gather(*(self.ask(command, progress.order) for command in commands))
        found = dict(zip(commands, answers, strict=True))
        progress.send([command for command, (outcome, _) in found.items() if outcome is not None])
        forward = progress.status == "RUNNING"
        pause_ms = self.note(progress, found)
        if forward and progress.status == "UNDOING":
            for name in (*ALWAYS, "courier"):
                if progress.steps.setdefault(name, "NEW") == "NEW":
                    progress.steps[name] = "SENT"
        return pause_ms


class _Renewing(SagaLog):
    """Makes a new epoch with every write, and remembers its own."""

    _epochs: dict[str, int]

    async def claim(self, saga: str) -> tuple[Claim, Progress] | None:
        claimed = await super().claim(saga)
        if claimed is not None:
            self._epochs = {**getattr(self, "_epochs", {}), saga: claimed[0].epoch}
        return claimed

    async def save(self, claim: Claim, progress: Progress, *, pause_ms: int | None = None) -> None:
        held = Claim(claim.saga, self._epochs[claim.saga])
        async with self._database.transaction() as tx:
            if not await tx.update("sagas", {"epoch": ("+", 1)}, *self.mine(held)):
                raise ClaimLost(claim.saga)
        self._epochs[claim.saga] = held.epoch + 1
        await super().save(Claim(claim.saga, held.epoch + 1), progress, pause_ms=pause_ms)


class NewEpochWithEachWrite(Orchestrator):
    """Two instances whose epochs grow with every write."""

    def make_log(self) -> SagaLog:
        return _Renewing(self.ports, self.config, self.letters)


class SaysDoneAgain(PaymentParticipant):
    """Answers the repetition of a refund as it answered the refund."""

    async def take_refund(self, command: Json, answer: Answer) -> Outcome:
        outcome = await super().take_refund(command, answer)
        return "done" if outcome == "already" else outcome


def orchestrated_correct() -> list[Subject]:
    """Return the subjects, each under the profile that is its own."""
    undoing = profile.profile(
        "order-orchestration-undoing",
        profile.SAGA_CONFIG,
        style="orchestration-by-lease",
        compensate_failed_step=True,
    )
    return [
        _subject("one-at-a-time", over_http(orchestrator=OneAtATime)),
        _subject("undoes-what-was-refused", over_http(orchestrator=UndoesWhatWasRefused), undoing),
        _subject("undoes-the-whole-plan", over_http(orchestrator=UndoesTheWholePlan), undoing),
        _subject(
            "new-epoch-with-each-write",
            over_http(orchestrator=NewEpochWithEachWrite, orchestrators=ORCHESTRATORS),
        ),
        _subject("says-done-again", over_http(payment=SaysDoneAgain)),
        _subject("alone-on-topics", over_kafka(orchestrators=ALONE), profile.BY_TOPIC),
    ]


def _subject(name: str, system: System, declared: Profile = profile.BY_LEASE) -> Subject:
    variant = Variant(ORCHESTRATION, system, declared, name)
    return Subject(
        name=f"{ORCHESTRATION}/{name}",
        pattern=pattern_of(variant),
        profile=declared,
        target=system,
        expects=variant.expects,
        summary=name,
    )
