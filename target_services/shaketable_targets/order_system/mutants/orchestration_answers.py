"""Mistakes in what an orchestrator concludes from an answer, or from none."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Transaction
from shaketable_targets.order_system.orchestrated.orchestrator import Orchestrator
from shaketable_targets.order_system.orchestrated.plan import SERVICE_OF, STEP_OF
from shaketable_targets.order_system.orchestrated.progress import Outcome, Progress
from shaketable_targets.order_system.orchestrated.saga_log import PARKED, SagaLog, letter_id

Answers = Mapping[str, tuple[Outcome | None, bool]]


class TimeoutIsRefusal(Orchestrator):
    """Takes a command that was not answered in time as refused: what was done all the same is never undone.

    Met in JiRaska/open-bank-oss (issue 4182): one catch made a known state of the business out of every failure of the call.
    """

    def note(self, progress: Progress, answers: Answers) -> int | None:
        known: dict[str, tuple[Outcome | None, bool]] = {}
        for command, (outcome, courier) in answers.items():
            step = STEP_OF.get(command)
            forward = step is not None and command == step.do
            known[command] = ("refused" if outcome is None and forward else outcome, courier)
        return super().note(progress, known)


class UndoesOnce(Orchestrator):
    """Asks once for each undo and goes on, whether or not it was answered.

    Met in eventuate-tram/eventuate-tram-sagas (issue 75), which asks what a compensation that fails should come to.
    """

    def note(self, progress: Progress, answers: Answers) -> int | None:
        known: dict[str, tuple[Outcome | None, bool]] = {}
        for command, (outcome, courier) in answers.items():
            step = STEP_OF.get(command)
            back = step is not None and command == step.undo
            known[command] = ("done" if outcome is None and back else outcome, courier)
        return super().note(progress, known)


class LeavesTheSibling(Orchestrator):
    """Stops at the first refusal among parallel steps: the answers of the others are dropped, and nothing of them is undone.

    Met in arrow-kt/arrow (issue 3323): the compensation of the second of two concurrent steps is not run when the first fails.
    """

    def note(self, progress: Progress, answers: Answers) -> int | None:
        refused = [command for command, (outcome, _) in answers.items() if outcome == "refused"]
        if not refused:
            return super().note(progress, answers)
        for command in answers:
            step = STEP_OF.get(command)
            if step is not None and command not in refused:
                progress.steps[step.name] = "NEW"
        return super().note(progress, {refused[0]: answers[refused[0]]})


class AlreadyIsFailure(Orchestrator):
    """Takes every status above 400 as a failure, "already refunded" too: the repetition of a refund that was done fails for ever.

    Met in oxidecomputer/omicron (issue 10784): a step was retried without end although nothing was left for it to do.
    """

    def outcome(self, status: int) -> Outcome | None:
        return None if status == 409 else super().outcome(status)


class _SilentLog(SagaLog):
    async def file(self, tx: Transaction, progress: Progress) -> None:
        saga, command = progress.order["order"], progress.parked
        letter = {
            "event_id": letter_id(saga, command),
            "topic": PARKED,
            "aggregate": saga,
            "payload": "{}",
            "cause": f"{SERVICE_OF[command]} did not answer",
            "status": "OPEN",
            "buried_ms": self._clock.now_ms(),
        }
        await tx.insert("dead_letters", letter, on_conflict="ignore")


class ParksInSilence(Orchestrator):
    """Parks a saga in a table that no alert speaks of.

    Met in JiRaska/open-bank-oss (issue 4182): a payment stayed half-way for hours, for nothing tells of a row that does not change.
    """

    def make_log(self) -> SagaLog:
        return _SilentLog(self.ports, self.config, self.letters)
