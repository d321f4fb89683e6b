"""The long campaigns: `make soak`. Prints one line a claim and exits 1 when one does not hold.

1. No violation on any hardened subject in RUNS generated runs each.
2. Every counterexample of every other shipped subject fails the same way, TIMES of TIMES.

`make soak-described` makes another claim, on real servers (`--world processes`):

3. Of the described systems the right ones break nothing, and a search finds each mistake by its promises and by no other.

`make soak-certificates` another:

4. `verify` believes every genuine certificate: of each shipped subject in turn, with few runs and a seed of its own.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from shaketable.certificate import SubjectResult
from shaketable.report.certificate_file import load
from shaketable.verdict import Verdict
from shaketable_patterns.catalogue import subjects
from tests.described_systems import DESCRIBED


def shaketable(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shaketable", *arguments], capture_output=True, text=True, check=False
    )


def certified(
    names: list[str], runs: int, out: Path, *, world: str = "sim", seed: int = 1
) -> tuple[SubjectResult, ...]:
    asked = ("--world", world, "--runs", str(runs), "--seed", str(seed), "--out", str(out))
    done = shaketable("certify", *names, *asked)
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


def soak_described(seed: int, out: Path) -> bool:
    good = True
    for number, one in enumerate(DESCRIBED):
        (result,) = certified([str(one.path)], one.runs, out / str(number), world="processes", seed=seed)
        found = tuple(p.id for p in result.promises if p.verdict is Verdict.VIOLATED)
        unknown = [f"{p.id} ({p.reason})" for p in result.promises if p.verdict is Verdict.UNKNOWN]
        same = found == one.broken and not result.calibration and len(unknown) < len(result.promises)
        good &= same
        print(
            f"{'ok' if same else 'DIFFERS'}  {result.subject}: {result.spent.runs} runs in {result.spent.seconds:.0f} s, "
            f"{result.spent.faults_landed} faults landed, violated: {', '.join(found) or 'none'}, "
            f"unknown: {', '.join(unknown) or 'none'}",
            *result.calibration,
            sep="\n    ",
            flush=True,
        )
    return good


def soak_certificates(certificates: int, out: Path) -> bool:
    names = [s.name for s in subjects()]
    believed = 0
    for n in range(certificates):
        name, folder = names[n * 7 % len(names)], out / str(n)  # no two neighbours are of one family
        certified([name], 3 + n % 10, folder, seed=n)
        again = ("--reproduce", "1") if n % 10 == 0 else ()
        done = shaketable("verify", str(folder), *again)
        believed += done.returncode == 0
        if done.returncode != 0:
            print(
                f"DOUBTED  {name} seed {n}: exit {done.returncode}: {done.stdout[-1000:]} {done.stderr[-500:]}"
            )
        shutil.rmtree(folder)
    print(f"{believed} of {certificates} genuine certificates are believed", flush=True)
    return believed == certificates


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    options.add_argument("--runs", type=int, default=5_000)
    options.add_argument("--times", type=int, default=20)
    options.add_argument("--seed", type=int, default=1, help="of the searches on described systems")
    options.add_argument("--described", action="store_true", help="only described systems, on real servers")
    options.add_argument("--certificates", type=int, help="only verify so many genuine certificates")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="shaketable-soak-") as folder:
        if chosen.certificates:
            sys.exit(0 if soak_certificates(chosen.certificates, Path(folder)) else 1)
        if chosen.described:
            sys.exit(0 if soak_described(chosen.seed, Path(folder)) else 1)
        hardened = soak_hardened(chosen.runs, Path(folder) / "hardened")
        replays = soak_replays(400, chosen.times, Path(folder) / "broken")
    sys.exit(0 if hardened and replays else 1)


if __name__ == "__main__":
    main()
