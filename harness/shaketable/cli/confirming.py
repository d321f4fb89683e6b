"""`certify --confirm WORLD`: each counterexample of a system replayed on a real world, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shaketable.certificate import Confirmation, Counterexample, PromiseResult
from shaketable.cli.interrupt import Interrupt
from shaketable.cli.judging import Judged
from shaketable.cli.output import note
from shaketable.errors import HarnessError
from shaketable.explore.confirm import confirm
from shaketable.report.story.rate_words import confirmation_words
from shaketable.report.story.timing_words import timing_words
from shaketable.subject import Subject, System
from shaketable.worlds import world_for


def confirm_all(
    judged: Judged, subjects: Sequence[Subject], world: str, times: int, interrupt: Interrupt
) -> None:
    """Add a confirmation by `world` to every counterexample in `judged`; components stay as they are."""
    for subject in subjects:
        result = judged.results.get(subject.name)
        if result is not None and isinstance(subject.target, System):
            promises = tuple(_confirmed(p, subject, world, times, interrupt) for p in result.promises)
            judged.results[subject.name] = msgspec.structs.replace(result, promises=promises)
    interrupt.calm()
    judged.interrupted |= interrupt()


def _confirmed(
    promise: PromiseResult, subject: Subject, world: str, times: int, interrupt: Interrupt
) -> PromiseResult:
    examples = tuple(_replayed(c, subject, world, times, interrupt) for c in promise.counterexamples)
    return msgspec.structs.replace(promise, counterexamples=examples)


def _replayed(
    example: Counterexample, subject: Subject, world: str, times: int, interrupt: Interrupt
) -> Counterexample:
    if interrupt():
        return example
    try:
        where = world_for(subject, world)
        unlikely = timing_words(example) if example.hangs_on_timing else ""
        said = confirm(where, subject, example.schedule, times=times, unlikely=unlikely, stop=interrupt)
    except HarnessError as error:  # one that cannot be replayed there leaves the others to be
        said = Confirmation(world, 0, 0, "unknown", f"{type(error).__name__}: {error}")
    finding = example.finding
    note(f"{subject.name} {finding.promise} {finding.anomaly}: {confirmation_words(said)}")
    return msgspec.structs.replace(example, confirmations=(*example.confirmations, said))
