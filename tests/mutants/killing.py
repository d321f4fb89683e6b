"""Schedules that kill: one for each wrong subject that no test has a story of, found by search, shrunk and stored.

`python -m tests.mutants.killing --runs 500 --seeds 1,2,3` searches again and prints how soon each is found; it exits 1 if one
is not. With `--write` it stores what it found for the names that have no schedule yet, or whose schedule kills no more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from shaketable.errors import HarnessError
from shaketable.explore.mutation import kills, look_for_kill
from shaketable.explore.shrink.shrinker import Limits, shrink
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world_choice import world_for

FOLDER = Path(__file__).parent / "schedules"
TOLD = tuple(f"order-{family}/mutant-" for family in ("saga", "outbox", "consumer", "dead-letters"))
"""Mutants whose stories stand in tests/unit/order_system, written by hand."""
_SHRINK_EXECUTIONS = 150


class Stored(msgspec.Struct, frozen=True):
    """A line of a file: the name of a wrong subject and the schedule that kills it."""

    name: str
    schedule: Schedule


def stored() -> dict[str, Schedule]:
    """Return the stored schedules by the names of the subjects that they kill."""
    lines = (line for file in sorted(FOLDER.glob("*.jsonl")) for line in file.read_bytes().splitlines())
    kept = [msgspec.json.decode(line, type=Stored) for line in lines]
    return {one.name: one.schedule for one in kept}


def killers(subject: Subject, schedule: Schedule) -> set[str]:
    """Return the promises that the subject breaks by this schedule."""
    outcome = execute(world_for(subject), subject, schedule)
    return {finding.promise for finding in outcome.findings}


def searched(subject: Subject, runs: int, seed: int) -> tuple[int, Schedule | None]:
    """Return the runs until a promise that the subject names was broken, and the schedule that broke it, if there was one."""

    found = look_for_kill(subject, world_for(subject), runs_max=runs, seed=seed)
    schedules = [found.found[key].schedule for key in kills(subject, found)]
    return found.runs, min(schedules, key=lambda schedule: len(schedule.steps), default=None)


def shortened(subject: Subject, schedule: Schedule) -> Schedule:
    """Return a shorter schedule that kills the subject too."""

    def still(candidate: Schedule) -> bool:
        try:
            return bool(killers(subject, candidate) & set(subject.kills))
        except HarnessError:
            return False

    return shrink(schedule, still, Limits(_SHRINK_EXECUTIONS)).schedule


def write(found: Iterable[Stored]) -> None:
    """Store the schedules, one file a family."""
    files: dict[str, list[Stored]] = {}
    for one in found:
        files.setdefault(one.schedule.subject.partition("/")[0], []).append(one)
    FOLDER.mkdir(exist_ok=True)
    for family, kept in files.items():
        lines = [msgspec.json.encode(one) for one in sorted(kept, key=lambda one: one.name)]
        (FOLDER / f"{family}.jsonl").write_bytes(b"\n".join([*lines, b""]))


def main() -> None:
    from tests.mutants.wrong_subjects import wrong_subjects

    options = argparse.ArgumentParser(prog="python -m tests.mutants.killing", description=__doc__)
    options.add_argument("--runs", type=int, default=500)
    options.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[0])
    options.add_argument("--write", action="store_true")
    chosen = options.parse_args()
    kept, alive = stored(), 0
    for name, subject in wrong_subjects().items():
        if chosen.write and name.startswith(TOLD):
            continue
        if chosen.write and name in kept and killers(subject, kept[name]) & set(subject.kills):
            continue
        for seed in chosen.seeds:
            runs, schedule = searched(subject, chosen.runs, seed)
            alive += schedule is None
            print(
                f"{'ALIVE' if schedule is None else 'killed'}  {name}, seed {seed}: {runs} runs", flush=True
            )
            if chosen.write and schedule is not None:
                kept[name] = shortened(subject, schedule)
                break
    if chosen.write:
        write(Stored(name, schedule) for name, schedule in kept.items())
    sys.exit(1 if alive else 0)


if __name__ == "__main__":
    main()
