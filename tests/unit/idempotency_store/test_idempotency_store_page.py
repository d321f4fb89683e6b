"""docs/patterns/idempotency-store.md: its test of a team's own store runs as it stands, passes a right one and fails a wrong one."""

import pytest

from tests.unit.kind_page import tells_right_from_wrong

pytest_plugins = ["pytester"]

STORE = """
class Busy(Exception):
    pass


class MyWorker:
    count = 0

    def __init__(self, redis, lease_s, keep_s):
        self.redis, self.lease_s, self.keep_s = redis, lease_s, keep_s

    def once(self, key, payload, fn):
        MyWorker.count += 1
        mine = ("busy", id(self), MyWorker.count)
        new, found = self.redis.set(key, mine, self.lease_s, if_absent=True)
        if not new:
            if found[0] == "busy":
                raise Busy
            return found[1]
        try:
            result = fn()
        except BaseException:
            self.redis.delete_if(key, mine)
            raise
        self.redis.set(key, ("done", result), self.keep_s, if_equal=mine)
        return result
"""
WRONG = STORE.replace("self.keep_s, if_equal=mine", "self.keep_s")


def test_the_pages_test_passes_a_right_store_and_fails_a_wrong_one(pytester: pytest.Pytester) -> None:
    tells_right_from_wrong(
        pytester, "idempotency-store.md", "my_store.py", STORE, WRONG, "VIOLATION  mine breaks IS-3: *"
    )
