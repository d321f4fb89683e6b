"""docs/patterns/bulkhead.md: its test of a team's own pool runs as it stands, passes a right one and fails a wrong one."""

import pytest

from tests.unit.kind_page import tells_right_from_wrong

pytest_plugins = ["pytester"]

POOL = """
class Full(Exception):
    pass


class Pool:
    def __init__(self, permits):
        self.free = permits

    async def run(self, fn):
        if not self.free:
            raise Full
        self.free -= 1
        try:
            return await fn()
        finally:
            self.free += 1
"""
KEPT = "        try:\n            return await fn()\n        finally:\n            self.free += 1\n"
LOST = "        result = await fn()\n        self.free += 1\n        return result\n"


def test_the_pages_test_passes_a_right_pool_and_fails_one_that_loses_permits(
    pytester: pytest.Pytester,
) -> None:
    wrong = POOL.replace(KEPT, LOST)
    told = "VIOLATION  mine breaks BH-5: rejected while free"
    tells_right_from_wrong(pytester, "bulkhead.md", "my_bulkhead.py", POOL, wrong, told)
