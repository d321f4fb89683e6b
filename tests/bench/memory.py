"""How much memory a worker process needs while it certifies one subject after the other.

Called as a module it is that worker's work in a process of its own, and prints its peak.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.generate.interpreter import tuned_interpreter
from shaketable.world_choice import world_for
from shaketable_patterns.catalogue import subjects
from tests.bench.figure import Figure

MB_WANTED = 250
SECONDS_EACH = 5.0
NAMES = ("order-saga/hardened", "order-saga/as-listed", "order-consumer/hardened", "breaker/hardened")


def figures() -> list[Figure]:
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    runs, peak_mb = (float(word) for word in done.stdout.split())
    return [Figure("a certifying worker's peak in MB", peak_mb, f"({runs:,.0f} runs)", at_most=MB_WANTED)]


def _work() -> None:
    known = {subject.name: subject for subject in subjects()}
    runs = 0
    for name in NAMES:
        with tuned_interpreter():
            subject = known[name]
            budget = Budget(seconds=SECONDS_EACH)
            runs += certify_subject(
                subject, world_for(subject), budget, now_s=time.perf_counter
            ).result.spent.runs
    print(runs, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    _work()
