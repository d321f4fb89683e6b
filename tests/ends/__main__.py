"""The campaign of sudden ends: commands on real servers are killed, interrupted and terminated, and nothing may be left or lost.

`python -m tests.ends --times 200` ends each kind so often, at random moments and at chosen ones (`make soak-ends`).
It prints a line for each command of which something is left 5 s after its end, of which something that had been found
is lost, or that ended in another way than it should; then the sums. It exits 1 if there is any such line.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shaketable.real.supervision.identity import send
from tests.ends.trial import BROKEN, MOMENTS, ROOT, SPANS_S, Trial

HOWS = ("kill", "interrupt", "terminate", "kill-part")
ENDS_WITHIN_S = 30.0
_ENDS_BY_ITSELF_S = 240.0


@dataclass(slots=True)
class Sums:
    """What came of the commands that were ended in one way."""

    done: int = 0
    ended_before: int = 0
    left: int = 0
    late: int = 0
    lost: int = 0
    odd: int = 0
    gone_s: list[float] = field(default_factory=list)
    ended_s: list[float] = field(default_factory=list)

    def line(self, what: str) -> str:
        gone, ended = (
            f"{statistics.median(times):.1f} s, {max(times):.1f} s at most" if times else "-"
            for times in (self.gone_s, self.ended_s)
        )
        return (
            f"{what}: {self.done} ended, {self.ended_before} had ended before; something left of {self.left}, "
            f"gone too late of {self.late}, lost of {self.lost}, another end of {self.odd}; "
            f"all gone after {gone}; the command after {ended}"
        )


@contextmanager
def folder() -> Iterator[Path]:
    # A socket's path has about a hundred characters; a server under another user passes through.
    made = Path(tempfile.mkdtemp(prefix="se"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def tried(how: str, what: str, moment: str, args: argparse.Namespace, draw: random.Random, sums: Sums) -> str:
    """End one command and return what is wrong afterwards, "" if nothing is."""
    with folder() as made:
        trial = Trial(made, what, args.world, args.schedule, moment)
        try:
            if not trial.reach(draw):
                sums.ended_before += 1
                trial.process.kill()
                trial.process.wait()
                trial.wait_gone(time.monotonic())
                return ""
            sums.done += 1
            ended_s = trial.end(how, draw)
            code = trial.wait(_ENDS_BY_ITSELF_S if how == "kill-part" else ENDS_WITHIN_S)
            trial.process.kill()
            trial.process.wait()
            if how != "kill-part":
                sums.ended_s.append(time.monotonic() - ended_s)
            gone_s, after = trial.wait_gone(time.monotonic())
            sums.gone_s.append(gone_s)
            wrong = []
            if left := trial.left.told():
                sums.left += 1
                wrong.append(f"LEFT {left}")
            elif after:
                sums.late += 1
                wrong.append(f"LATE {gone_s:.1f} s {after}")
            if odd := trial.is_odd(how, code):
                sums.odd += 1
                wrong.append(f"ODD {odd}")
            if code is not None and how in ("interrupt", "terminate") and (lost := trial.lost(code)):
                sums.lost += 1
                wrong.append(f"LOST {lost}: {trial.said[-1500:]}")
            return f"{how} {what} {trial.moment or 'at random'}: {'; '.join(wrong)}" if wrong else ""
        finally:
            for one in trial.left.processes():
                send(one, signal.SIGKILL)


def a_schedule(out: Path) -> Path:
    """Find a schedule that breaks a promise, in the simulated world."""
    command = [sys.executable, "-m", "shaketable", "certify", BROKEN, "--runs", "300", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=600)
    return next(iter(sorted((out / "counterexamples").glob("*.json"))))


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.ends", description=__doc__)
    options.add_argument("--times", type=int, default=200, help="how often a command is ended in each way")
    options.add_argument("--world", default="processes")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--how", choices=HOWS, action="append")
    options.add_argument("--what", choices=tuple(SPANS_S), action="append")
    options.add_argument("--moment", choices=("random", *MOMENTS), action="append")
    args = options.parse_args()
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # in the background it is ignored, as children would then
    draw = random.Random(args.seed)
    sums: dict[str, Sums] = {}
    wrong: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="sudden-ends-") as kept:
        args.schedule = a_schedule(Path(kept) / "found")
        for n in range(args.times):
            for how in args.how or HOWS:
                moments = args.moment or ("random", *MOMENTS) if n % 2 else ("random",)
                moment = draw.choice(args.moment or moments)
                what = "certify" if moment in ("worker", "late-factory", "report") else None
                what = what or draw.choice(args.what or tuple(SPANS_S))
                key = f"{how} {'at random' if moment == 'random' else 'at a chosen moment'}"
                at = "" if moment == "random" else moment
                if said := tried(how, what, at, args, draw, sums.setdefault(key, Sums())):
                    wrong[how] += 1
                    print(said, flush=True)
            if n % 5 == 4:
                print(
                    f"-- {n + 1} of {args.times}",
                    *(s.line(k) for k, s in sorted(sums.items())),
                    sep="\n   ",
                    flush=True,
                )
    for key, one in sorted(sums.items()):
        print(one.line(key), flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
