"""Variants of a described system, each on real servers of its own, several side by side: a run waits most of its time.

A schedule is tried three times: on a busy machine a client may be too early or a fault too late.
"""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from shaketable.explore.judge.calibration import calibrate
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.world import RealWorld
from shaketable.runner import Outcome, execute
from shaketable.schedule import Schedule, Step
from shaketable.subject import Subject
from shaketable_patterns.described.subject import subject_from

TARGETS = Path(__file__).parents[3] / "target_services" / "shaketable_targets"
TRIES = 3
AT_ONCE = 3

Broken = tuple[str, str]
"""A promise and the anomaly that breaks it."""


@dataclass(frozen=True)
class Mistake:
    """Settings that make the system wrong, steps that show it, and what they show."""

    name: str
    steps: tuple[Step, ...]
    shown: Broken
    settings: Mapping[str, str] = field(default_factory=dict)


def opened() -> RealWorld:
    return RealWorld("processes", lambda system: ProcessLauncher(system.entries), scale=20)


def variant(file: Path, folder: Path, **settings: str) -> Subject:
    """Return the described system with other settings in the environment of its parts."""
    text = file.read_text().replace('"-u", "', f'"-u", "{file.parent}/')
    for name, value in settings.items():
        text, found = re.subn(rf'^{name} = ".*"$', f'{name} = "{value}"', text, flags=re.MULTILINE)
        assert found == 1, name
    copy = folder / file.name
    copy.write_text(text)
    return subject_from(copy)


def run(world: RealWorld, subject: Subject, steps: tuple[Step, ...]) -> Outcome:
    return execute(world, subject, Schedule(subject.name, steps))


def broken(outcome: Outcome) -> set[Broken]:
    return {(f.promise, f.anomaly) for j in outcome.judgements for f in j.findings}


def not_shown(file: Path, folder: Path, mistakes: tuple[Mistake, ...]) -> list[str]:
    """Return the names of the mistakes that break no promise by their steps."""

    # Descriptions are read one after the other: msgspec does not learn a type in several threads at once.
    subjects = []
    for mistake in mistakes:
        own = folder / mistake.name
        own.mkdir()
        subjects.append(variant(file, own, **mistake.settings))

    def is_shown(mistake: Mistake, subject: Subject) -> bool:
        world = opened()
        try:
            return any(mistake.shown in broken(run(world, subject, mistake.steps)) for _ in range(TRIES))
        finally:
            world.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        shown = list(threads.map(is_shown, mistakes, subjects))
    return [mistake.name for mistake, one in zip(mistakes, shown, strict=True) if not one]


def survives(file: Path, folder: Path, schedules: tuple[tuple[Step, ...], ...]) -> None:
    """Check that the right system fits its description, and that no schedule breaks a promise of it."""
    subject = variant(file, folder)

    def play(shares: tuple[tuple[Step, ...], ...], *, calibrated: bool) -> list[Outcome]:
        world, outcomes = opened(), []
        try:
            if calibrated:
                assert calibrate(subject, world).mismatches == ()
            for steps in shares:
                outcomes.append(run(world, subject, steps))
                for _ in range(TRIES - 1):
                    if outcomes[-1].unknown:
                        outcomes.append(run(world, subject, steps))
                assert not outcomes[-1].unknown, steps
        finally:
            world.close()
        return outcomes

    with ThreadPoolExecutor(AT_ONCE) as threads:
        playing = [
            threads.submit(play, schedules[n::AT_ONCE], calibrated=n == AT_ONCE - 1) for n in range(AT_ONCE)
        ]
        outcomes = [outcome for one in playing for outcome in one.result()]
    assert len(outcomes) >= len(schedules)
    assert [broken(outcome) for outcome in outcomes] == [set()] * len(outcomes)
