"""docs/patterns/retry.md: its test of a team's own retry runs as it stands, passes a right one and fails a wrong one."""

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[3] / "docs" / "patterns" / "retry.md").read_text()
RETRY = """
import asyncio

async def retrying(fn):
    for wait_s in (0.1, 0.2, None):
        try:
            return await fn()
        except (ConnectionError, TimeoutError):
            if wait_s is None:
                raise
        await asyncio.sleep(wait_s)
"""
WRONG = RETRY.replace("                raise", "                return None")


def test_the_pages_test_passes_a_right_retry_and_fails_a_wrong_one(pytester: pytest.Pytester) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (pytester.path / re.match(r"# (\S+\.py)\n", block)[1]).write_text(block)  # type: ignore[index]
    mine = pytester.path / "my_retry.py"
    mine.write_text(RETRY)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert WRONG != RETRY
    mine.write_text(WRONG)
    told = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    told.assert_outcomes(failed=1)
    told.stdout.fnmatch_lines(["VIOLATION  mine breaks RT-5: error swallowed"])
