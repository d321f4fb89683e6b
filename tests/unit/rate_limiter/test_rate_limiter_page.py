"""docs/patterns/rate-limiter.md: its test of a team's own limiter runs as it stands, passes a right one and fails a wrong one."""

import pytest

from tests.unit.kind_page import tells_right_from_wrong

pytest_plugins = ["pytester"]

LIMITER = """
import threading, time

class MyLimiter:
    def __init__(self, calls, period_s):
        self.calls, self.period_s, self.log, self.lock = calls, period_s, [], threading.Lock()

    def admit(self):
        with self.lock:
            now_s = time.monotonic()
            self.log = [at_s for at_s in self.log if at_s > now_s - self.period_s]
            if len(self.log) >= self.calls:
                return False
            self.log.append(now_s)
            return True
"""
WRONG = LIMITER.replace("with self.lock:", "if True:")


def test_the_pages_test_passes_a_right_limiter_and_fails_a_wrong_one(pytester: pytest.Pytester) -> None:
    tells_right_from_wrong(
        pytester,
        "rate-limiter.md",
        "my_limiter.py",
        LIMITER,
        WRONG,
        "VIOLATION  mine breaks RL-4: budget not shared",
    )
