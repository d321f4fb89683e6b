"""Variants of a described system, each on real servers of its own, several side by side: a run waits most of its time.

Starting servers and parts takes more of the processor than many runs on them, so that what can share them does.

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
TRIES = 6
"""On a machine that is busy with other things the instants of a run may miss each other, so it is made again."""
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
        assert found, name
    copy = folder / file.name
    copy.write_text(text)
    return subject_from(copy)


def run(world: RealWorld, subject: Subject, steps: tuple[Step, ...]) -> Outcome:
    return execute(world, subject, Schedule(subject.name, steps))


def broken(outcome: Outcome) -> set[Broken]:
    return {(f.promise, f.anomaly) for j in outcome.judgements for f in j.findings}


def not_shown(file: Path, folder: Path, mistakes: tuple[Mistake, ...]) -> list[str]:
    """Return the names of the mistakes that break no promise by their steps.

    Those with the same settings share servers, those with the same steps too share runs.
    """
    alike: dict[str, list[Mistake]] = {}
    for mistake in mistakes:
        alike.setdefault(repr(sorted(mistake.settings.items())), []).append(mistake)

    # Descriptions are read one after the other: msgspec does not learn a type in several threads at once.
    subjects = []
    for first, *_ in alike.values():
        own = folder / first.name
        own.mkdir()
        subjects.append(variant(file, own, **first.settings))

    def hidden(group: list[Mistake], subject: Subject) -> list[str]:
        world, runs = opened(), list[tuple[tuple[Step, ...], set[Broken]]]()

        def is_shown(mistake: Mistake) -> bool:
            return any(steps == mistake.steps and mistake.shown in seen for steps, seen in runs)

        try:
            for mistake in group:
                for _ in range(TRIES):
                    if not is_shown(mistake):
                        runs.append((mistake.steps, broken(run(world, subject, mistake.steps))))
        finally:
            world.close()
        return [mistake.name for mistake in group if not is_shown(mistake)]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [name for names in threads.map(hidden, alike.values(), subjects) for name in names]


def survives(file: Path, folder: Path, schedules: tuple[tuple[Step, ...], ...]) -> None:
    """Check that the right system fits its description, and that no schedule breaks a promise of it."""
    subject, world = variant(file, folder), opened()
    try:
        assert calibrate(subject, world).mismatches == ()
        for steps in schedules:
            outcomes = [run(world, subject, steps)]
            while outcomes[-1].unknown and len(outcomes) < TRIES:
                outcomes.append(run(world, subject, steps))
            assert not outcomes[-1].unknown, steps
            assert [broken(outcome) for outcome in outcomes] == [set()] * len(outcomes), steps
    finally:
        world.close()
