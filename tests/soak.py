"""The long campaigns: `make soak`. Prints one line a claim and exits 1 when one does not hold.

1. No violation on any hardened subject in RUNS generated runs each.
2. Every counterexample of every other shipped subject fails the same way, TIMES of TIMES.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from shaketable.certificate import SubjectResult
from shaketable.report.certificate_file import load
from shaketable.verdict import Verdict
from shaketable_patterns.catalogue import subjects


def shaketable(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shaketable", *arguments], capture_output=True, text=True, check=False
    )


def certified(names: list[str], runs: int, out: Path) -> tuple[SubjectResult, ...]:
    done = shaketable("certify", *names, "--runs", str(runs), "--seed", "1", "--out", str(out))
    if done.returncode not in (0, 1, 3):
        sys.exit(f"certify ended with {done.returncode}: {done.stderr[-2000:]}")
    return load(out / "certificate.json").subjects


def soak_hardened(runs: int, out: Path) -> bool:
    names = [s.name for s in subjects() if "hardened" in s.name and not s.mutant_of]
    good = True
    for result in certified(names, runs, out):
        violated = [p.id for p in result.promises if p.verdict is Verdict.VIOLATED]
        good &= not violated and result.spent.runs >= runs
        print(
            f"{'ok' if not violated else 'VIOLATED'}  {result.subject}: {result.spent.runs} runs, "
            f"{result.spent.faults_landed} faults landed, violated: {', '.join(violated) or 'none'}",
            flush=True,
        )
    return good


def soak_replays(runs: int, times: int, out: Path) -> bool:
    names = [s.name for s in subjects() if s.expects.breaks and not s.mutant_of]
    certified(names, runs, out)
    files = sorted((out / "counterexamples").glob("*.json"))
    if not files:
        print("NOTHING  no counterexample was found to replay")
        return False
    good = 0
    for file in files:
        done = shaketable("replay", str(file), "--times", str(times))
        same = f"{times} of {times} failed the same way" in done.stdout
        good += same
        if not same:
            print(
                f"DIFFERS  {file.name}: {done.stdout.strip().splitlines()[-1:]} {done.stderr.strip()[-300:]}"
            )
    print(f"{good} of {len(files)} counterexamples failed the same way {times} of {times} times", flush=True)
    return good == len(files)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    options.add_argument("--runs", type=int, default=5_000)
    options.add_argument("--times", type=int, default=20)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="shaketable-soak-") as folder:
        hardened = soak_hardened(chosen.runs, Path(folder) / "hardened")
        replays = soak_replays(400, chosen.times, Path(folder) / "broken")
    sys.exit(0 if hardened and replays else 1)


if __name__ == "__main__":
    main()
