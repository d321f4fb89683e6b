"""The floor of evidence: what a search must have tried before an unbroken promise is certified.

Few runs prove little: a promise that two runs could not break is unknown. The floor says how often a promise was put to
the test, and under how many kinds and places of faults that landed in those runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from shaketable.subject import Subject, System
from shaketable.verdict import Reason

RUNS_MIN = 10
"""Runs in which a promise could have been broken; of a system, with at least one fault that landed."""
KINDS_MIN = 2
"""Kinds of faults that landed in those runs, of a system."""
PLACES_MIN = 2
"""Routes, links and services at which they landed, of a system."""
ASKED_MIN = 10
"""An op that was asked fewer times may just have been unlucky."""


class Strikes(msgspec.Struct):
    """The runs that put one promise to the test, and what landed in them."""

    runs: int = 0
    kinds: set[str] = msgspec.field(default_factory=set)
    places: set[str] = msgspec.field(default_factory=set)

    def add(self, landed: Mapping[tuple[str, str, str], int], *, needs_faults: bool) -> None:
        """Count a run in which the promise could have been broken."""
        if needs_faults and not landed:
            return
        self.runs += 1
        for place, kind, _ in landed:
            self.kinds.add(kind)
            self.places.add(place)


def too_little(subject: Subject, strikes: Strikes) -> Reason | None:
    """Say what is missing below the floor; None when there is enough."""
    struck = isinstance(subject.target, System)
    missing = []
    if strikes.runs < RUNS_MIN:
        what = "runs in which a fault landed" if struck else "runs"
        missing.append(f"put to the test in {strikes.runs} {what}, of {RUNS_MIN}")
    if struck and len(strikes.kinds) < KINDS_MIN:
        missing.append(f"under {len(strikes.kinds)} kinds of faults, of {KINDS_MIN}")
    if struck and len(strikes.places) < PLACES_MIN:
        missing.append(f"with faults at {len(strikes.places)} places, of {PLACES_MIN}")
    if not missing:
        return None
    return Reason(
        "too-little-evidence",
        f"too little evidence: {', '.join(missing)} at least (try more --runs or --budget)",
    )


def never_answered(ended: Mapping[tuple[str, str], int]) -> Reason | None:
    """Say which op never was known to happen, though it was asked often; None if there is none.

    An op that is always refused (a key with another payload) is known to have had no effect, and that is an answer, too.
    `ended` counts how ops ended, by name and `ok`, `fail` or `info`.
    """
    by_name: dict[str, Counter[str]] = {}
    for (name, kind), count in ended.items():
        by_name.setdefault(name, Counter())[kind] += count
    if by_name and not any(counts["ok"] for counts in by_name.values()):
        return Reason("no-op-completed", f"no op ever ended ok in {sum(ended.values())} attempts")
    for name, counts in sorted(by_name.items()):
        unknown = counts["info"]
        if not counts["ok"] and counts.total() >= ASKED_MIN and 2 * unknown > counts.total():
            return Reason(
                "no-op-completed",
                f"{name} was asked {counts.total()} times and never answered ok; of {unknown} it is not known whether it was done",
            )
    return None
