"""Judging: a process of its own that has one version of a library before everything else, and says what its machine found.

`python -m tests.public_defects.judging NAME VERSION` prints what was found, as JSON.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from importlib.metadata import version as installed
from pathlib import Path

import msgspec

from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.subject import Subject
from tests.public_defects.defect import Defect
from tests.public_defects.table import DEFECTS

JUDGE_S = 900
ROOT = Path(__file__).parents[2]


class Found(msgspec.Struct, frozen=True):
    """One anomaly: of which promise, at which level, and the shortest story of it."""

    promise: str
    anomaly: str
    level: str
    steps: int
    message: str


class Judged(msgspec.Struct, frozen=True):
    """What was found at one version; `calibration` says why it was not judged at all."""

    version: str
    runs: int
    found: tuple[Found, ...]
    calibration: tuple[str, ...] = ()

    def shows(self, defect: Defect) -> Found | None:
        """Return what shows the defect."""
        wanted = (one for one in self.found if (one.promise, one.anomaly) == (defect.promise, defect.anomaly))
        return next(wanted, None)


def subject_of(defect: Defect) -> Subject:
    """Return the subject, which imports the library. ImportError if that is not installed."""
    module, _, function = defect.adapter.partition(":")
    made = getattr(importlib.import_module(f"tests.public_defects.adapters.{module}"), function)()
    assert isinstance(made, Subject)
    return made


def judge(subject: Subject, version: str, runs: int) -> Judged:
    """Search a subject by its kind's machine, with seed 0."""
    budget = Budget(runs=runs, replays=2)
    result = certify_subject(subject, ComponentWorld(), budget, 0, now_s=lambda: 0.0).result
    found = tuple(
        Found(
            promise.id,
            example.finding.anomaly,
            example.finding.level,
            len(example.schedule.steps),
            example.finding.message,
        )
        for promise in result.promises
        for example in promise.counterexamples
    )
    return Judged(version, runs, found, tuple(result.calibration))


def judged_in(folder: Path, defect: Defect, version: str) -> Judged:
    """Judge the version that is installed in `folder`, in a process of its own. CalledProcessError if that fails."""
    command = (sys.executable, "-m", "tests.public_defects.judging", defect.name, version)
    path = os.pathsep.join((str(folder), str(ROOT)))
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=JUDGE_S,
    )
    return msgspec.json.decode(done.stdout, type=Judged)


def main() -> None:
    name, version = sys.argv[1:]
    (defect,) = (one for one in DEFECTS if one.name == name)
    assert installed(defect.package) == version, f"{installed(defect.package)} is found, {version} was asked"
    sys.stdout.buffer.write(msgspec.json.encode(judge(subject_of(defect), version, defect.searched)))


if __name__ == "__main__":
    main()
