"""docs/patterns/lock.md: its test of a team's own lock runs as it stands, passes a right one and fails a wrong one."""

import pytest

from tests.unit.kind_page import tells_right_from_wrong

pytest_plugins = ["pytester"]

LOCK = """
class MyLock:
    def __init__(self, owner, client, lease_s):
        self.owner, self.client, self.lease_s = owner, client, lease_s
        self.count, self.value = 0, None

    def acquire(self):
        self.count += 1
        value = f"{self.owner}:{self.count}"
        if self.client.set_if_absent("jobs", value, self.lease_s):
            self.value = value
            return True
        return False

    def release(self):
        if self.value is not None:
            self.client.delete_if("jobs", self.value)
            self.value = None
"""
WRONG = LOCK.replace(
    'self.client.delete_if("jobs", self.value)\n            self.value = None',
    'value, self.value = self.value, None\n            self.client.delete_if("jobs", value)',
)


def test_the_pages_test_passes_a_right_lock_and_fails_a_wrong_one(pytester: pytest.Pytester) -> None:
    tells_right_from_wrong(
        pytester, "lock.md", "my_lock.py", LOCK, WRONG, "VIOLATION  mine breaks LK-5: release not retried"
    )
