"""Hostile files: mutations of genuine schedules, certificates, histories, manifests and descriptions, given to the command.

`python -m tests.hostile_files --files 10000` is the campaign; `make test` makes a fixed share of it. Each file must be read or
refused with one line, within two seconds of the processor and 300 MB, and never show a traceback.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from shaketable.cli import main as shaketable

SECONDS_MAX = 2.0
BYTES_MAX = 300 * 1024 * 1024
CODES = {0, 1, 2, 3}
ROOT = Path(__file__).parents[1]
TOKENS = (
    b"\xe9", b"\xff\xfe", b"\0", b'"\\ud800"', b"1e999", b"-1", b"9" * 5_000, b"99999999999999999999", b"null", b"[]", b"{}",
    b'""', b"true", b"\n", b"NaN", b"0.5", b'"../../../etc/passwd"', b"[" * 2_000, b'{"a":' * 2_000, b"a." * 20_000,
    b"\xf0\x9f\x92\xa9", b"\x1b[2J", b'"sim"', b'"processes"',
)  # fmt: skip


def mutated(data: bytes, draw: random.Random) -> bytes:
    """Return `data` with a few things done to it."""
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        data = draw.choice(MUTATIONS)(data, draw)
    return data


def _token(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + draw.choice(TOKENS) + data[at:]


def _value(data: bytes, draw: random.Random) -> bytes:
    """Replace what stands after a colon or an equals sign."""
    places = [n for n, byte in enumerate(data) if byte in b":="]
    if not places:
        return _token(data, draw)
    at = draw.choice(places) + 1
    ends = [end for mark in (b",", b"\n", b"}") if (end := data.find(mark, at)) > 0]
    return data[:at] + draw.choice(TOKENS) + data[min(ends, default=len(data)) :]


def _flip(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data)) if data else 0
    return data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]


def _cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def _drop(data: bytes, draw: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        del lines[draw.randrange(len(lines))]
    return b"".join(lines)


def _repeat(data: bytes, draw: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        at = draw.randrange(len(lines))
        lines[at:at] = [lines[at]] * draw.choice((1, 2, 500))
    return b"".join(lines)


def _swap(data: bytes, draw: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    draw.shuffle(lines)
    return b"".join(lines) if draw.random() < 0.2 else data[::-1] if draw.random() < 0.1 else data + data


def _number(data: bytes, draw: random.Random) -> bytes:
    places = [n for n, byte in enumerate(data) if byte in b"0123456789"]
    if not places:
        return data
    at = draw.choice(places)
    return data[:at] + draw.choice((b"-", b"9" * 30, b"1e", b"0.", b"")) + data[at:]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _token, _value, _value, _value, _flip, _cut, _drop, _repeat, _swap, _number, _number,
)  # fmt: skip


class Files:
    """Genuine files to mutate, made once in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.genuine = folder / "genuine"
        self.work = folder / "work"
        names = ["breaker/pybreaker", "bulkhead/hardened"]
        CliRunner().invoke(shaketable, ["certify", *names, "--runs", "20", "--out", str(self.genuine)])
        found = (ROOT / "target_services" / "shaketable_targets").rglob("*.toml")
        self.descriptions = [path for path in sorted(found) if b"shaketable/description" in path.read_bytes()]

    def hostile(self, draw: random.Random) -> tuple[str, list[str]]:
        """Make one hostile file, and return its kind and the command that is to read it."""
        kind = draw.choice(
            ("schedule", "certificate", "history", "manifest", "page", "description", "no file")
        )
        shutil.rmtree(self.work, ignore_errors=True)
        if kind == "description":
            path = draw.choice(self.descriptions)
            self.work.mkdir()
            target = self.work / "hostile.toml"
            target.write_bytes(mutated(path.read_bytes(), draw))
            return kind, ["boundaries", str(target)]
        shutil.copytree(self.genuine, self.work)
        if kind == "schedule":
            path = draw.choice(sorted(self.work.glob("counterexamples/*[!l]")))
            path.write_bytes(mutated(path.read_bytes(), draw))
            return kind, ["replay", str(path)]
        path = {
            "certificate": self.work / "certificate.json",
            "history": draw.choice(sorted(self.work.glob("counterexamples/*.jsonl"))),
            "manifest": self.work / "manifest.json",
            "page": self.work / "report.html",
            "no file": draw.choice(sorted(p for p in self.work.rglob("*") if p.is_file())),
        }[kind]
        if kind == "no file":
            _no_file(path, draw)
            return kind, [draw.choice(("verify", "replay")), str(draw.choice((path, self.work)))]
        path.write_bytes(mutated(path.read_bytes(), draw))
        return kind, ["verify", str(self.work)]


def _no_file(path: Path, draw: random.Random) -> None:
    """Put something at `path` that is no regular file."""
    import os

    path.unlink()
    match draw.randrange(5):
        case 0:
            path.mkdir()
        case 1:
            os.mkfifo(path)
        case 2:
            path.symlink_to("/dev/zero")
        case 3:
            path.symlink_to(path.name)
        case _:
            path.symlink_to("/dev/stdin")


def most_bytes() -> int:
    """Return the most memory that this process ever held; unlike `ru_maxrss` it does not begin with that of its parent."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def campaign(files: int, seed: int, *, folder: Path) -> tuple[Counter[str], list[str]]:
    """Give so many hostile files to the command; return the endings by kind of file and code, and what went wrong."""
    source = Files(folder)
    endings: Counter[str] = Counter()
    problems: list[str] = []
    for n in range(files):
        kind, command = source.hostile(random.Random(f"{seed}/{n}"))
        began_s = time.process_time()
        done = CliRunner().invoke(shaketable, command)
        took_s = time.process_time() - began_s
        endings[f"{kind} {done.exit_code}"] += 1
        said = [line for line in done.stderr.splitlines() if line.startswith("shaketable: ")]
        if done.exit_code not in CODES or "Traceback" in done.output:
            problems.append(f"{seed}/{n} {kind} {command[0]}: exit {done.exit_code}: {done.output[-600:]}")
        elif done.exit_code == 2 and len(said) != 1:
            problems.append(f"{seed}/{n} {kind} {command[0]}: {len(said)} lines: {done.stderr[-300:]}")
        if took_s > SECONDS_MAX:
            problems.append(f"{seed}/{n} {kind} {command[0]}: {took_s:.1f} s")
    if (most := most_bytes()) > BYTES_MAX:
        problems.append(f"{most >> 20} MB were needed at once")
    return endings, problems


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.hostile_files", description=__doc__)
    options.add_argument("--files", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="shaketable-hostile-") as folder:
        endings, problems = campaign(chosen.files, chosen.seed, folder=Path(folder))
    sys.stdout.write("".join(f"{n:6} {ending}\n" for ending, n in sorted(endings.items())))
    sys.stdout.write("".join(f"WRONG {problem}\n" for problem in problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
