"""A test of your idempotency store, written by `shaketable init idempotency_store --asyncio`. Run it: `pytest test_my_idempotency_store_asyncio.py`.

1. It is green. Write `Mistaken` for `MyIdempotencyStore` in the line `CERTIFIED = ...` and run it again: it is red, and a story says why.
2. Put your own class, or an adapter of it, in the place of MyIdempotencyStore, and declare in PROFILE how that one behaves.
3. Keep it in your CI; `--shaketable-profile soak` tries more. `docs/components.md` of shaketable says what a class may offer.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from shaketable import AsyncPoints, certify, idempotency_store

LEASE_MS = 10_000
RETENTION_MS = 60_000


class Refused(Exception):
    """Another is at work on this key, or it was used with another payload, or it was lost: the outcome is not known."""


class Table:
    """The store: a server with commands that are one step each. Yours is a table or a Redis; the test plays it in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.owners = 0

    def begin(self, key: str, payload: str) -> dict[str, Any]:
        """Return the row of a key; its `owner` is new if no one had it."""
        row = self.rows.get(key)
        if row is None or row["until_ms"] <= _now_ms():
            self.owners += 1
            row = {
                "owner": self.owners,
                "payload": payload,
                "until_ms": _now_ms() + LEASE_MS,
                "is_done": False,
            }
            self.rows[key] = row
            return {**row, "is_new": True}
        return {**row, "is_new": False}

    def complete(self, key: str, owner: int, outcome: object) -> bool:
        """Keep an outcome, if the key is its owner's still."""
        if not self._has(key, owner):
            return False
        done = {"is_done": True, "outcome": outcome, "until_ms": _now_ms() + RETENTION_MS}
        self.rows[key] |= done
        return True

    def release(self, key: str, owner: int) -> None:
        """Forget a key that is in work, if it is its owner's still."""
        if self._has(key, owner):
            del self.rows[key]

    def _has(self, key: str, owner: int) -> bool:
        row = self.rows.get(key)
        return (
            row is not None and row["owner"] == owner and not row["is_done"] and row["until_ms"] > _now_ms()
        )


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class MyIdempotencyStore:
    """Executes a function once for each key, whichever worker asks; `points` are the places where a message to the store can be lost."""

    rejections = (Refused,)  # the errors by which it refuses a call

    def __init__(self, _clock: object, points: AsyncPoints) -> None:
        self._points = points
        self._table = points.durable("table", Table)

    async def call(self, fn: Callable[[], Awaitable[object]], worker: str, key: str, payload: str) -> object:
        row = await self._send(lambda: self._table.begin(key, payload))
        if row["payload"] != payload or not (row["is_new"] or row["is_done"]):
            raise Refused
        if row["is_done"]:
            return row["outcome"]
        try:
            result = await fn()
        except BaseException:
            await self.failed(key, row["owner"])
            raise
        if not await self._send(lambda: self._table.complete(key, row["owner"], result)):
            raise Refused
        return result

    async def failed(self, key: str, owner: int) -> None:
        """Give the key back; if that message is lost, it is free once its lease is over."""
        with suppress(ConnectionError, TimeoutError):
            await self._send(lambda: self._table.release(key, owner))

    async def _send(self, command: Callable[[], Any]) -> Any:
        await self._points.reach("store.request")
        answer = command()
        await self._points.reach("store.reply")
        return answer


class Mistaken(MyIdempotencyStore):
    """The planted mistake: a key is given back, though it may be another one's by now."""

    async def failed(self, key: str, owner: int) -> None:
        await self._send(lambda: self._table.rows.pop(key, None))


CERTIFIED = MyIdempotencyStore  # the planted mistake: CERTIFIED = Mistaken

PROFILE: dict[str, str | int | float | bool] = {
    "lease_ms": LEASE_MS,  # the key of a caller that died is free after so long; 0: never
    "retention_ms": RETENTION_MS,  # an outcome is kept for so long, and the key is new afterwards; 0: for ever
    "other_payload": "refused",  # a key that comes with another payload; or unchecked
    "renew_ms": 0,  # a caller that works extends its lease so often; 0: it does not
    "grace_ms": 0,  # the store may notice the end of a lease so much later
    "on_error": "release",  # after an exception the key is free; store: that is its outcome; lease: it is kept
    "on_cancel": "release",  # after a cancellation the key is free; or lease
    "ends_in_time": False,  # its environment ends a caller before its lease is over
    "outcomes": "any",  # an outcome that is false is kept as one; or truthy
}


def test_my_idempotency_store_asyncio() -> None:
    """Certify it: it has to keep every promise whatever is lost, late or asked for twice, by two workers."""
    certify(idempotency_store("my-idempotency-store", CERTIFIED, profile=PROFILE, sync=False))
