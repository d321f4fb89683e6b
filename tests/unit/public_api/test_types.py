"""A user's test file under `mypy --strict`: it sees real types, and finds mistakes."""

import os
import subprocess
import sys

RIGHT = """
from collections.abc import Callable

import shaketable
from shaketable import AnyAdapter, Clock, Crash, Do, Inject, Kind, Pattern, Schedule, Subject, breaker, certify
from shaketable_patterns.circuit_breaker.kind import breaker as shipped


class Breaker:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def call(self, fn: Callable[[], object]) -> object:
        return fn()


def subject() -> Subject:
    return breaker("mine", Breaker, profile={"wait_ms": 10_000}, sync=True, carrier="greenlets")


def test_it() -> None:
    certify(subject(), runs=10)


kind: Kind[AnyAdapter] = shipped
pattern: Pattern = subject().pattern
schedule = Schedule("mine", (Do("start", {"call": 1}), Inject(Crash(service="order"))))
assert isinstance(schedule, shaketable.Schedule)
"""

WRONG = """
import shaketable
from shaketable import breaker, certify, certyfy

certify("breaker/mine")
breaker("mine", object(), profile={}, sync="yes")
shaketable.no_such_name
number: int = shaketable.subject_named("breaker/hardened")
"""
MISTAKES = [
    (3, 'Module "shaketable" has no attribute "certyfy"'),
    (5, 'Argument 1 to "certify" has incompatible type "str"; expected "Subject"'),
    (6, 'Argument 2 to "__call__" of "Kind" has incompatible type "object"'),
    (6, 'Argument "sync" to "__call__" of "Kind" has incompatible type "str"; expected "bool"'),
    (7, 'Module has no attribute "no_such_name"'),
    (8, 'Incompatible types in assignment (expression has type "Subject", variable has type "int")'),
]


def checked(folder, **files: str) -> list[str]:
    """Return the lines that `mypy --strict` prints of a user's files, in a project of their own."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    cache = os.environ.get("MYPY_CACHE_DIR", str(folder / "cache"))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, *(f"{name}.py" for name in files)],
        cwd=folder, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_users_test_file_has_real_types_and_its_mistakes_are_found(tmp_path):
    printed = checked(tmp_path, right=RIGHT, wrong=WRONG)
    assert [line for line in printed if line.startswith("right.py")] == []
    for line, mistake in MISTAKES:
        assert [one for one in printed if one.startswith(f"wrong.py:{line}: error: {mistake}")], printed
