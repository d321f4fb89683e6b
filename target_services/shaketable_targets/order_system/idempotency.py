"""Idempotency keys: a request repeated with its key gets the first one's answer and is not executed again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Protocol

from shaketable.ports import TRANSIENT, Json, Ports, Response, Row, Transaction, UniqueViolation
from shaketable_targets.order_system.config import Config

Effect = Callable[[Transaction], Awaitable[None]]

OTHER_PAYLOAD = Response(422, {"error": "this key was used for another request"})
IN_PROGRESS = Response(409, {"error": "a request with this key is in progress"})
_SORTED = json.JSONEncoder(sort_keys=True)


class Keys(Protocol):
    """Executes an effect at most once per key."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        """Commit `effect` exactly once under `key` and return `answer`; else return the answer that the key has instead.

        Raises UniqueViolation if the effect collides with something that exists under another key.
        """
        ...


def digest(body: Json) -> str:
    """Return the hash of a payload, by which a repetition is recognised."""
    return hashlib.sha256(_SORTED.encode(body).encode()).hexdigest()[:16]


def stored_answer(row: Row) -> Response:
    status, body = json.loads(str(row["response"]))
    return Response(status, body)


def record_of(key: str, payload_hash: str, status: str, answer: Response | None) -> Row:
    """Make a row of the `idempotency` table that has no owner."""
    response = "" if answer is None else json.dumps([answer.status, answer.body])
    return {
        "key": key,
        "payload_hash": payload_hash,
        "status": status,
        "response": response,
        "owner": "",
        "expires_ms": 0,
    }


class OneTransactionKeys:
    """Record and effect in one transaction; a duplicate in progress waits on the record's unique key."""

    __slots__ = ("_database",)

    def __init__(self, ports: Ports) -> None:
        self._database = ports.database

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        payload_hash = digest(body)
        async with self._database.transaction() as tx:
            record = record_of(key, payload_hash, "DONE", answer)
            if await tx.insert("idempotency", record, on_conflict="ignore") is None:
                stored = (await tx.select("idempotency", ("key", "=", key)))[0]
                same = stored["payload_hash"] == payload_hash
                return stored_answer(stored) if same else OTHER_PAYLOAD
            await effect(tx)
        return answer


class LeasedKeys:
    """A record with an owner and a lease first, then effect and completion in one transaction.

    A duplicate of a request in progress is told so at once. If the owner dies, its key is free again after
    `key_lease_ms`; if it is only slow, the request that took over owns the key, and the slow one completes and
    deletes nothing (ID-3).
    """

    def __init__(self, ports: Ports, config: Config) -> None:
        self._database = ports.database
        self._clock = ports.clock
        self._new_id = ports.new_id
        self._lease_ms = config.key_lease_ms

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        owner = self._new_id()
        refusal = await self._claim(key, digest(body), owner)
        if refusal is not None:
            return refusal
        try:
            return await self._complete(key, owner, answer, effect)
        except (*TRANSIENT, UniqueViolation):
            await self._release(key, owner)
            raise

    async def _claim(self, key: str, payload_hash: str, owner: str) -> Response | None:
        """Claim the key for `owner`; return None, or the answer if it cannot have the key."""
        now_ms = self._clock.now_ms()
        lease: Row = {"owner": owner, "expires_ms": now_ms + self._lease_ms}
        async with self._database.transaction() as tx:
            # A select first: an insert would wait for an owner that is just completing, instead of answering at once.
            stored = await tx.select("idempotency", ("key", "=", key))
            if not stored:
                record = record_of(key, payload_hash, "RUNNING", None) | lease
                if await tx.insert("idempotency", record, on_conflict="ignore") is not None:
                    return None
                stored = await tx.select("idempotency", ("key", "=", key))
            if not stored:
                return IN_PROGRESS  # released between two statements: the client asks again
            refusal = self._answer_for(stored[0], payload_hash, now_ms)
            if refusal is not None:
                return refusal
            taken = await tx.update("idempotency", lease, *owned(key, str(stored[0]["owner"])))
            return None if taken else IN_PROGRESS  # it was completed, or another request was faster

    def _answer_for(self, stored: Row, payload_hash: str, now_ms: int) -> Response | None:
        if stored["payload_hash"] != payload_hash:
            return OTHER_PAYLOAD
        if stored["status"] == "DONE":
            return stored_answer(stored)
        return IN_PROGRESS if int(stored["expires_ms"] or 0) > now_ms else None

    async def _complete(self, key: str, owner: str, answer: Response, effect: Effect) -> Response:
        response = json.dumps([answer.status, answer.body])
        async with self._database.transaction() as tx:
            # The record first: its row lock keeps the key from changing hands until the effect is committed.
            done = await tx.update(
                "idempotency", {"status": "DONE", "response": response}, *owned(key, owner)
            )
            if not done:
                return IN_PROGRESS
            await effect(tx)
        return answer

    async def _release(self, key: str, owner: str) -> None:
        """Free the key for the next attempt, unless the effect was committed after all."""
        async with self._database.transaction() as tx:
            await tx.delete("idempotency", *owned(key, owner))


def owned(key: str, owner: str) -> tuple[tuple[str, str, object], ...]:
    """Return the condition for the record of `key` while `owner` works on it."""
    return ("key", "=", key), ("owner", "=", owner), ("status", "=", "RUNNING")
