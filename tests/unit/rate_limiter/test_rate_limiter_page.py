"""docs/patterns/rate-limiter.md: its test of a team's own limiter runs as it stands, passes a right one and fails a wrong one."""

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[3] / "docs" / "patterns" / "rate-limiter.md").read_text()
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
    (block,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (pytester.path / re.match(r"# (\S+\.py)\n", block)[1]).write_text(block)  # type: ignore[index]
    mine = pytester.path / "my_limiter.py"
    mine.write_text(LIMITER)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert WRONG != LIMITER
    mine.write_text(WRONG)
    told = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    told.assert_outcomes(failed=1)
    told.stdout.fnmatch_lines(["VIOLATION  mine breaks RL-4: budget not shared"])
