"""A test of your bulkhead, written by `shaketable init bulkhead`. Run it: `pytest test_my_bulkhead.py`.

1. It is green. Write `Mistaken` for `MyBulkhead` in the line `CERTIFIED = ...` and run it again: it is red, and a story says why.
2. Put your own class, or an adapter of it, in the place of MyBulkhead, and declare in PROFILE how that one behaves.
3. Keep it in your CI; `--shaketable-profile soak` tries more. `docs/components.md` of shaketable says what a class may offer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from shaketable import bulkhead, certify


class Rejected(Exception):
    """The bulkhead is full: the function did not run."""


class MyBulkhead:
    """Lets 3 calls run at once; another one waits up to half a second for the end of one of them."""

    rejections = (Rejected,)  # the errors by which it refuses a call

    def __init__(self, _clock: object) -> None:
        self._permits = threading.Semaphore(3)

    def call(self, fn: Callable[[], object]) -> object:
        if not self._permits.acquire(timeout=0.5):
            raise Rejected
        try:
            return fn()
        finally:
            self._permits.release()


class Mistaken(MyBulkhead):
    """The planted mistake: a call that fails keeps its permit."""

    def call(self, fn: Callable[[], object]) -> object:
        if not self._permits.acquire(timeout=0.5):
            raise Rejected
        result = fn()
        self._permits.release()
        return result


CERTIFIED = MyBulkhead  # the planted mistake: CERTIFIED = Mistaken

PROFILE: dict[str, str | int | float | bool] = {
    "permits": 3,  # so many calls run at once
    "max_wait_ms": 500,  # so long a call waits for a permit before it is rejected; 0: not at all; -1: as long as it takes
    "max_queued": -1,  # so many calls wait at most, another one is rejected at once; -1: any number
    "counts_observable": False,  # it has a method state(): {"free": 3, "running": 0, "queued": 0}
}


def test_my_bulkhead() -> None:
    """Certify it: it has to keep every promise whatever calls do, on threads, with odd results."""
    certify(bulkhead("my-bulkhead", CERTIFIED, profile=PROFILE, sync=True))
