"""The share of hidden mistakes that is found: `python -m tests.mutants.hidden_rate --runs 1000 --seeds 1,2,3 --out FILE`.

Each hidden mutant is searched with each seed until a promise of its own is broken, in the simulated world; each correct variant
is certified with the first seed. Results are kept in the file as they come, and what it has already is not tried again.
"""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.mutation import hunt
from shaketable.runner import execute
from shaketable.subject import Subject
from shaketable.world_choice import world_for
from tests.mutants.hidden.catalogue import MUTANTS
from tests.mutants.hidden_correct.catalogue import CORRECT

OWN, OTHER, ALIVE, ERROR = "own", "other", "alive", "error"
ACCUSED, UNKNOWN, CERTIFIED = "accused", "unknown", "certified"
Result = dict[str, Any]


def mismatches(subject: Subject) -> list[str]:
    """Return how the subject differs from its profile when it is tried one call at a time."""
    world = world_for(subject)
    return list(
        subject.pattern.calibrate(subject, lambda schedule: execute(world, subject, schedule).history)
    )


def hunted(subject: Subject, runs: int, seed: int) -> Result:
    """Search for a breach of a promise that the mutant names."""
    found = hunt(subject, world_for(subject), runs_max=runs, seed=seed)
    verdict = OWN if found.runs_to_kill else OTHER if found.killed_by else ALIVE
    return {"verdict": verdict, "by": list(found.killed_by), "runs": found.runs_to_kill or runs}


def certified(subject: Subject, runs: int, seed: int) -> Result:
    """Certify a correct variant; it is accused if anything is found."""
    budget = Budget(runs=runs, replays=1, shrink_executions=50)
    result = certify_subject(subject, world_for(subject), budget, seed, now_s=lambda: 0.0).result
    found = [
        f"{promise.id} {story.finding.anomaly} ({story.finding.level}): {story.finding.message}"
        for promise in result.promises
        for story in promise.counterexamples
    ]
    reasons = [f"{p.id}: {p.reason}" for p in result.promises if p.reason]
    verdict = ACCUSED if found else UNKNOWN if result.calibration or reasons else CERTIFIED
    return {"verdict": verdict, "by": found, "reasons": [*result.calibration, *reasons], "runs": runs}


class Results:
    """What is known so far, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.kept: dict[str, Result] = json.loads(path.read_text()) if path.exists() else {}

    def take(self, key: str, judge: Any, *given: Any) -> None:
        """Judge what is not known yet, keep the result and print it."""
        if key in self.kept:
            return
        began_s = time.monotonic()
        try:
            result = judge(*given)
        except Exception as error:  # one that cannot be run must not end the campaign
            result = {"verdict": ERROR, "by": [f"{type(error).__name__}: {error}"], "runs": 0}
        result["seconds"] = round(time.monotonic() - began_s, 1)
        self.kept[key] = result
        self._path.write_text(json.dumps(self.kept, indent=1, sort_keys=True) + "\n")
        line = f"{result['verdict']:<9} {key:<60} {result['runs']:>5} runs {result['seconds']:>6} s"
        print(line, "; ".join(result["by"])[:200], flush=True)


def summary(results: dict[str, Result], runs: int, seeds: list[int], names: list[str]) -> list[str]:
    """Return the lines of the table and the shares."""
    lines: list[str] = []
    own: dict[int, set[str]] = {seed: set() for seed in seeds}
    for name in names:
        cells = []
        for seed in seeds:
            result = results.get(f"{name} {runs} {seed}", {"verdict": "-", "by": [], "runs": 0})
            cells.append(f"{result['verdict']}@{result['runs']} {','.join(result['by'])}")
            if result["verdict"] == OWN:
                own[seed].add(name)
        lines.append(f"{name:<55} " + " | ".join(f"{cell:<26}" for cell in cells))
    count = max(len(names), 1)
    lines += [
        f"seed {seed}: {len(own[seed])} of {count}, {100 * len(own[seed]) // count} %" for seed in seeds
    ]
    some = set().union(*own.values())
    lines.append(f"by at least one seed: {len(some)} of {count}, {100 * len(some) // count} %")
    return lines


def main() -> None:
    """Run the campaign that the command line asks for."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--correct-runs", type=int, default=300)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--only", default="", help="a part of the name")
    parser.add_argument("--kind", choices=("mutants", "correct", "both"), default="both")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    seeds = [int(seed) for seed in asked.seeds.split(",")]
    results = Results(asked.out)
    mutants = [h.subject for h in MUTANTS if asked.only in h.name and asked.kind != "correct"]
    correct = [s for s in CORRECT if asked.only in s.name and asked.kind != "mutants"]
    for seed in seeds:
        for mutant in mutants:
            results.take(f"{mutant.name} {asked.runs} {seed}", hunted, mutant, asked.runs, seed)
    for subject in correct:
        key = f"{subject.name} {asked.correct_runs} {seeds[0]}"
        results.take(key, certified, subject, asked.correct_runs, seeds[0])
    print("\n".join(summary(results.kept, asked.runs, seeds, [m.name for m in mutants])))
    accused = [s.name for s in correct if results.kept[f"{s.name} {asked.correct_runs} {seeds[0]}"]["by"]]
    print(f"correct ones accused: {len(accused)} of {len(correct)} {accused}")


if __name__ == "__main__":
    main()
