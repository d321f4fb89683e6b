"""The stories of the listings on the patterns' pages, replayed on real servers: `python -m tests.listed_stories --world processes`.

Each is replayed `--times` times on its own world's servers; a line says how often it showed. Exits 0 when each showed in at least nine of
ten replays that prove something, 1 when one did not, 3 when one could not be judged: no replay of it proves anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator

from shaketable.certificate import Confirmation
from shaketable.explore.confirm import confirm
from shaketable.report import schedule_file
from shaketable.schedule import Schedule
from shaketable.subject import Subject, System
from shaketable.world_choice import close_worlds, world_for
from shaketable_patterns.catalogue import subjects
from tests.pattern_pages import FOLDER

SHARE = 0.9


def listed() -> Iterator[tuple[str, Schedule, Subject]]:
    """Yield each story of a listing of services: its name, its schedule, its subject."""
    shipped = {subject.name: subject for subject in subjects()}
    for file in sorted((FOLDER / "stories").glob("*.json")):
        schedule = schedule_file.load(file)
        subject = shipped.get(schedule.subject)
        if subject is not None and isinstance(subject.target, System) and "/as-listed" in subject.name:
            yield file.stem, schedule, subject


def exit_code(tried: Iterable[Confirmation]) -> int:
    """Return 0 where each showed often enough, 1 where one did not, 3 where one was never put to the test."""
    codes = [0]
    for one in tried:
        if one.outcome == "unknown" or not one.runs:
            codes.append(3)
        elif one.reproduced < SHARE * one.runs:
            codes.append(1)
    return 1 if 1 in codes else max(codes)


def main(arguments: list[str] | None = None) -> int:
    """Replay the stories and print a line for each."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--world", default="processes", choices=("processes", "containers"))
    options.add_argument("--times", type=int, default=10)
    options.add_argument("--story", action="append", help="only this one; may be given again")
    chosen = options.parse_args(arguments)
    tried: list[Confirmation] = []
    try:
        for name, schedule, subject in listed():
            if chosen.story and name not in chosen.story:
                continue
            tried.append(confirm(world_for(subject, chosen.world), subject, schedule, times=chosen.times))
            expected, one = schedule.expected, tried[-1]
            assert expected is not None  # confirm refuses a schedule that expects nothing
            print(
                f"{name:<28} {expected.promise} {expected.anomaly:<24} {one.reproduced} of {one.runs}  {one.outcome} {one.reason}".rstrip(),
                flush=True,
            )
    finally:
        close_worlds()
    return exit_code(tried)


if __name__ == "__main__":
    sys.exit(main())
