"""The table of order defects: after how many runs each is found, by each policy; median and worst of some seeds."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Generic, Protocol, TypeVar

from shaketable.orders.policy import PolicyName
from tests.bench.figure import Figure

SEEDS = 25
RUNS_MAX = 600
MEDIAN_WANTED = 100
BY_TURNS = "by turns"

Turns = tuple[PolicyName | None, ...]


class Named(Protocol):
    @property
    def name(self) -> str: ...


D = TypeVar("D", bound=Named)


@dataclass(frozen=True, slots=True)
class DefectTable(Generic[D]):
    """`runs_until_found` takes a defect, the turns of policies, a seed and the most runs, and returns one more where it found nothing."""

    defects: Sequence[D]
    columns: Mapping[str, Turns]
    runs_until_found: Callable[[D, Turns, int, int], int]

    def row(self, defect: D, column: str, seeds: int = SEEDS, runs_max: int = RUNS_MAX) -> list[int]:
        """Return the runs of each seed, the fewest first."""
        turns = self.columns[column]
        return sorted(self.runs_until_found(defect, turns, seed, runs_max) for seed in range(seeds))

    def figures(self, note: str = "") -> Iterator[Figure]:
        """Return what is wanted of each defect, by all policies in turn."""
        of = f"(of {SEEDS} seeds{note})"
        for defect in self.defects:
            runs, what = self.row(defect, BY_TURNS), f"orders: runs until {defect.name}"
            yield Figure(f"{what}, median", median(runs), of, at_most=MEDIAN_WANTED)
            yield Figure(f"{what}, worst", runs[-1], of, at_most=RUNS_MAX)

    def show(self, program: str, description: str | None) -> None:
        """Print it as the command line asks, entry by entry as it is measured."""
        options = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
        options.add_argument("--seeds", type=int, default=SEEDS)
        options.add_argument("--runs", type=int, default=RUNS_MAX, help="the most for one seed")
        options.add_argument("--only", default="", help="a part of a defect's name")
        chosen = options.parse_args()
        print(
            f"{'median/worst of ' + str(chosen.seeds):26}" + "".join(f"{name:>14}" for name in self.columns)
        )
        for defect in self.defects:
            if chosen.only not in defect.name:
                continue
            print(f"{defect.name:26}", end="", flush=True)
            for column in self.columns:
                runs = self.row(defect, column, chosen.seeds, chosen.runs)
                worst = str(runs[-1]) if runs[-1] <= chosen.runs else f">{chosen.runs}"
                print(f"{median(runs):>8g}/{worst:<5}", end="", flush=True)
            print()
