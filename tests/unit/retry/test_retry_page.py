"""docs/patterns/retry.md: its test of a team's own retry runs as it stands, passes a right one and fails a wrong one."""

import pytest

from tests.unit.kind_page import tells_right_from_wrong

pytest_plugins = ["pytester"]

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
    tells_right_from_wrong(
        pytester, "retry.md", "my_retry.py", RETRY, WRONG, "VIOLATION  mine breaks RT-5: error swallowed"
    )
