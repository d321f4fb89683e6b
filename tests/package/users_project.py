"""A user's project with packages `harness` and `properties` of its own, and a test that certifies a breaker of its own."""

from pathlib import Path

BREAKER = '''
import time


class Rejected(Exception):
    """The breaker is open."""


class Breaker:
    """Opens after 3 failures in a row; 10 s later one trial call decides. A result counts in the state it was called in."""

    rejections = (Rejected,)

    def __init__(self, _clock):
        self.failures, self.opened_at, self.trying, self.state = 0, None, False, 0

    def call(self, fn):
        if self.opened_at is not None:
            if self.trying or time.monotonic() < self.opened_at + 10:
                raise Rejected
            self.trying = True
            self.state += 1
        state, trial = self.state, self.trying
        try:
            result = fn()
        except OSError:
            if state == self.state:
                self.failures += 1
                if trial or self.failures >= 3:
                    self._enter(time.monotonic())
            raise
        except BaseException:
            if trial and state == self.state:
                self.trying = False
            raise
        if state == self.state:
            self.failures = 0
            if trial:
                self._enter(None)
        return result

    def _enter(self, opened_at):
        self.failures, self.opened_at, self.trying = 0, opened_at, False
        self.state += 1
'''

TEST = """
import harness
import properties
from harness.breaker import Breaker
from shaketable import breaker, certify

PROFILE = {
    "trip_rule": "consecutive", "failure_threshold": 3, "window": "none", "wait_ms": 10_000,
    "half_open_permits": 1, "half_open_limit": "one", "close_on": "first_success",
    "stale": "ignore", "excluded": "nothing", "cancelled": "nothing",
}


def test_the_packages_are_the_projects_own():
    assert harness.OWNER == properties.OWNER == "the user"


def test_a_breaker_of_the_project():
    certify(breaker("theirs", Breaker, profile=PROFILE, sync=True, carrier="greenlets"))
"""


def create(folder: Path) -> Path:
    """Write the project into `folder`, which must not exist yet."""
    for package in ("harness", "properties"):
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").write_text('OWNER = "the user"\n')
    (folder / "harness" / "breaker.py").write_text(BREAKER)
    (folder / "test_breaker.py").write_text(TEST)
    return folder
