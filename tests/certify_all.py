"""Every verdict in one table: `make certify-all`.

Judges the catalogue with its mutants in the simulated world, each mutant with the runs of `shaketable mutants`, and then every described
system that this machine can run on real servers. Exits 0 when every verdict is the expected one, 1 when a promise was broken that should
hold, 3 when something that should be known is not, 4 when the harness itself failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import msgspec

from shaketable.certificate import MutantResult, SubjectResult
from shaketable.errors import HarnessError
from shaketable.report.certificate_file import load
from shaketable.verdict import Verdict
from tests.described_systems import DESCRIBED, Described, why_not_here

_WORDS_MAX = 90


class End(Enum):
    """How a row ends, the worst one last, with the exit code that it asks for."""

    EXPECTED = ("as expected", 0)
    ABSENT = ("not on this machine", 0)
    UNKNOWN = ("UNKNOWN", 3)
    FAILED = ("FAILED", 4)
    BROKEN = ("BROKEN", 1)


class Row(NamedTuple):
    """One line of the table."""

    subject: str
    world: str
    runs: int
    end: End
    words: str


def exit_code(rows: Sequence[Row]) -> int:
    """Return the exit code of the worst row; no row at all, or none that was judged, is no evidence."""
    if not any(row.end is not End.ABSENT for row in rows):
        return 3
    return max((row.end for row in rows), key=list(End).index).value[1]


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the table, and a last one that counts how the rows ended."""
    width = max((len(row.subject) for row in rows), default=0)
    for row in rows:
        said = (
            f"{row.subject:<{width}}  {row.world:<9}  {row.runs:>6} runs  {row.end.value[0]:<19}  {row.words}"
        )
        yield said.rstrip()
    counts = {end: sum(row.end is end for row in rows) for end in End}
    yield (
        ", ".join(f"{count} {end.value[0]}" for end, count in counts.items() if count) or "nothing was judged"
    )


def row_of_catalogue(result: SubjectResult) -> Row:
    """Return the row of a shipped subject, by what its certificate expected."""
    violated = [p.id for p in result.promises if p.verdict is Verdict.VIOLATED]
    end = End.EXPECTED if result.as_expected else End.UNKNOWN
    if set(violated) - set(result.known):
        end = End.BROKEN
    words = "; ".join(result.surprises) or _breaks(violated)
    return Row(result.subject, result.world, result.spent.runs, end, words[:_WORDS_MAX])


def row_of_mutant(mutant: MutantResult) -> Row:
    """Return the row of a mutant; one that stays alive is not known to be found."""
    if mutant.runs_to_kill:
        words = f"killed by {', '.join(mutant.killed_by)}"
        return Row(mutant.name, "sim", mutant.runs_to_kill, End.EXPECTED, words)
    return Row(mutant.name, "sim", 0, End.UNKNOWN, f"ALIVE, for {', '.join(mutant.kills)} to kill")


def row_of_described(described: Described, result: SubjectResult) -> Row:
    """Return the row of a described system: it has to break its promises, and no other."""
    violated = [p.id for p in result.promises if p.verdict is Verdict.VIOLATED]
    unknown = [p.id for p in result.promises if p.verdict is Verdict.UNKNOWN]
    if set(violated) - set(described.broken):
        end, words = End.BROKEN, f"breaks {', '.join(violated)}"
    elif result.calibration:
        end, words = End.UNKNOWN, result.calibration[0]
    elif missed := [id_ for id_ in described.broken if id_ not in violated]:
        end, words = End.UNKNOWN, f"was not found to break {', '.join(missed)}"
    elif len(unknown) == len(result.promises):
        end, words = End.UNKNOWN, "nothing was judged"
    else:
        unjudged = f"; {', '.join(unknown)} unknown" if unknown else ""
        end, words = End.EXPECTED, f"{_breaks(violated)}{unjudged}"
    return Row(result.subject, result.world, result.spent.runs, end, words[:_WORDS_MAX])


def _breaks(violated: Sequence[str]) -> str:
    return f"breaks {', '.join(violated)}" if violated else "certified"


class Failure(Exception):
    """A command ended as none should."""


def _done(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "shaketable", *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode not in (0, 1, 3):
        raise Failure(f"shaketable {arguments[0]} ended with {done.returncode}, and says above why")
    return done


def catalogue(budget: str, mutant_runs: int, seed: int, out: Path) -> Iterator[Row]:
    """Judge the shipped subjects, and then their mutants."""
    try:
        _done("certify", "--no-mutants", "--budget", budget, "--seed", str(seed), "--out", str(out))
        yield from map(row_of_catalogue, load(out / "certificate.json").subjects)
        found = _done("mutants", "--runs", str(mutant_runs), "--seed", str(seed), "--json").stdout
        yield from map(row_of_mutant, msgspec.json.decode(found, type=list[MutantResult]))
    except (Failure, HarnessError, msgspec.DecodeError) as error:
        yield Row("the catalogue", "sim", 0, End.FAILED, str(error))


def described(runs_max: int, seed: int, out: Path) -> Iterator[Row]:
    """Judge each described system that can run here."""
    for one in DESCRIBED:
        if absent := why_not_here(one):
            yield Row(one.file, "processes", 0, End.ABSENT, absent)
            continue
        runs, folder = min(one.runs, runs_max), out / one.path.stem
        asked = ("--world", "processes", "--runs", str(runs), "--seed", str(seed), "--out", str(folder))
        try:
            _done("certify", str(one.path), *asked)
            (result,) = load(folder / "certificate.json").subjects
        except (Failure, HarnessError) as error:
            yield Row(one.file, "processes", 0, End.FAILED, str(error))
        else:
            yield row_of_described(one, result)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.certify_all", description=__doc__)
    options.add_argument("--budget", default="600s", help="for the subjects of the catalogue together")
    options.add_argument("--mutant-runs", type=int, default=1_000, help="give up on a mutant after so many")
    options.add_argument("--described-runs", type=int, default=600, help="the most for a described system")
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="shaketable-certify-all-") as folder:
        out = Path(folder)
        rows += catalogue(chosen.budget, chosen.mutant_runs, chosen.seed, out / "catalogue")
        rows += described(chosen.described_runs, chosen.seed, out)
    print(*table(rows), sep="\n")
    sys.exit(exit_code(rows))


if __name__ == "__main__":
    main()
