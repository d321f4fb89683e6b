"""Mistakes with the record of a key, and with what a consumer remembers."""

from __future__ import annotations

import json

from shaketable.ports import Json, Ports, Response, Row
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.idempotency import (
    IN_PROGRESS,
    OTHER_PAYLOAD,
    Effect,
    LeasedKeys,
    digest,
    owned,
    record_of,
)
from shaketable_targets.order_system.notification import NotificationService
from tests.mutants.hidden.keys_payload import keys, notification


class TakesOverUnfenced(LeasedKeys):
    """Takes an expired record over by its key: of two that do so at once, the second takes it from the first."""

    async def _claim(self, key: str, payload_hash: str, owner: str) -> Response | None:
        now_ms = self._clock.now_ms()
        lease: Row = {"owner": owner, "expires_ms": now_ms + self._lease_ms}
        async with self._database.transaction() as tx:
            stored = await tx.select("idempotency", ("key", "=", key))
            if not stored:
                record = record_of(key, payload_hash, "RUNNING", None) | lease
                claimed = await tx.insert("idempotency", record, on_conflict="ignore") is not None
                return None if claimed else IN_PROGRESS
            refusal = self._answer_for(stored[0], payload_hash, now_ms)
            if refusal is not None:
                return refusal
            taken = await tx.update("idempotency", lease, ("key", "=", key), ("status", "=", "RUNNING"))
            return None if taken else IN_PROGRESS


class CompletesByKey(LeasedKeys):
    """Completes the record of its key, also if another request owns that by now."""

    async def _complete(self, key: str, owner: str, answer: Response, effect: Effect) -> Response:
        response = json.dumps([answer.status, answer.body])
        async with self._database.transaction() as tx:
            done = await tx.update(
                "idempotency",
                {"status": "DONE", "response": response},
                ("key", "=", key),
                ("status", "=", "RUNNING"),
            )
            if not done:
                return IN_PROGRESS
            await effect(tx)
        return answer


class EffectThenLooks(LeasedKeys):
    """Commits its effect, then finds that the key is no longer its own, and says that it is in progress."""

    async def _complete(self, key: str, owner: str, answer: Response, effect: Effect) -> Response:
        response = json.dumps([answer.status, answer.body])
        async with self._database.transaction() as tx:
            await effect(tx)
            changes = {"status": "DONE", "response": response}
            done = await tx.update("idempotency", changes, *owned(key, owner))
        return answer if done else IN_PROGRESS


class SweepsDone(LeasedKeys):
    """Forgets records whose lease ended 45 seconds ago, the finished ones too, although keys are kept for ever."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        old = ("expires_ms", "<", self._clock.now_ms() - 45_000)
        async with self._database.transaction() as tx:
            await tx.delete("idempotency", old)
        return await super().execute(key, body, answer, effect)


class CachesBeforeCommit(LeasedKeys):
    """Keeps answers in memory as well, and puts one there inside the transaction, which may yet fail."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._answers: dict[str, tuple[str, Response]] = {}

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        cached = self._answers.get(key)
        if cached is not None:
            return cached[1] if cached[0] == digest(body) else OTHER_PAYLOAD
        payload_hash = digest(body)

        async def remembered(tx: object) -> None:
            await effect(tx)  # type: ignore[arg-type]
            self._answers[key] = (payload_hash, answer)

        return await super().execute(key, body, answer, remembered)


class SeenBeforeDone(NotificationService):
    """Notes an event as seen when it begins: what fails half-way is skipped at the next attempt, and marked."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._seen: dict[str, None] = {}

    async def notify(self, event: Json) -> None:
        if event["event_id"] not in self._seen:
            self._seen[event["event_id"]] = None
            await self.send_mail(event)
        await self.mark(event)


MUTANTS = (
    keys(
        TakesOverUnfenced,
        "takes-over-unfenced",
        "ID-3",
        "two repetitions find an expired record; the second takes it from the first, which is in work",
        "an owner that dies, then two repetitions at once after its lease",
    ),
    keys(
        CompletesByKey,
        "completes-by-key",
        "ID-3",
        "a slow request completes the record of the one that took its key over",
        "a request that is slower than its lease, and a repetition",
    ),
    keys(
        EffectThenLooks,
        "effect-then-looks",
        "ID-6 ID-1 ID-3",
        "the order is there, its key is not done, and the repetition is told that the order exists under another key",
        "a request that is slower than its lease, and a repetition that takes over before it commits",
    ),
    keys(
        SweepsDone,
        "sweeps-done",
        "ID-1 ID-2",
        "a client that repeats its request after a minute is told that the order exists under another key",
        "45 s between a request and its repetition",
    ),
    keys(
        CachesBeforeCommit,
        "caches-before-commit",
        "ID-6 ID-1",
        "the COMMIT is lost, the repetition is answered 201 from memory, and there is no order",
        "a COMMIT that fails, and a repetition without a restart",
    ),
    notification(
        SeenBeforeDone,
        "seen-before-done",
        "ID-6",
        "the first attempt does not reach the mailer, the second marks the event",
        "a lost request to the mailer",
    ),
)
