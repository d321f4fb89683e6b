"""Mistakes in idempotency keys and in the idempotent consumer."""

from __future__ import annotations

import json

from shaketable.ports import Json, Response, Row
from shaketable_targets.order_system.as_listed.partner import UnkeyedPartner
from shaketable_targets.order_system.idempotency import IN_PROGRESS, Effect, LeasedKeys, digest, record_of
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.partner import Partner

ALREADY_DONE = Response(409, {"error": "this key was used already"})


class OutcomeNotStored(LeasedKeys):
    """Refuses a repetition instead of answering it."""

    def _answer_for(self, stored: Row, payload_hash: str, now_ms: int) -> Response | None:
        answer = super()._answer_for(stored, payload_hash, now_ms)
        return ALREADY_DONE if answer is not None and answer.status == 201 else answer


class ReleaseByKey(LeasedKeys):
    """Cleans up after a failure by deleting the key's record, even if another request owns it by now."""

    async def _release(self, key: str, owner: str) -> None:
        async with self._database.transaction() as tx:
            await tx.delete("idempotency", ("key", "=", key))


class NoExpiry(LeasedKeys):
    """A record in progress stays in progress."""

    def _answer_for(self, stored: Row, payload_hash: str, now_ms: int) -> Response | None:
        return super()._answer_for(stored, payload_hash, now_ms) or IN_PROGRESS


class PayloadIgnored(LeasedKeys):
    """Compares keys only."""

    def _answer_for(self, stored: Row, payload_hash: str, now_ms: int) -> Response | None:
        return super()._answer_for(stored, str(stored["payload_hash"]), now_ms)


class CheckedFirst(LeasedKeys):
    """Looks, acts, then remembers: the three steps of the listed consumer, for requests."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        async with self._database.transaction() as tx:
            stored = await tx.select("idempotency", ("key", "=", key))
        if stored:
            refusal = self._answer_for(stored[0], digest(body), self._clock.now_ms())
            return refusal or IN_PROGRESS
        async with self._database.transaction() as tx:
            await effect(tx)
        async with self._database.transaction() as tx:
            await tx.insert("idempotency", record_of(key, digest(body), "DONE", answer), on_conflict="ignore")
        return answer


class RecordFirst(LeasedKeys):
    """Stores the outcome, then commits the effect: a crash in between leaves an answer without its effect."""

    async def _complete(self, key: str, owner: str, answer: Response, effect: Effect) -> Response:
        response = json.dumps([answer.status, answer.body])
        async with self._database.transaction() as tx:
            await tx.update(
                "idempotency",
                {"status": "DONE", "response": response},
                ("key", "=", key),
                ("owner", "=", owner),
            )
        async with self._database.transaction() as tx:
            await effect(tx)
        return answer


class MailWithoutKey(NotificationService):
    """Marks the event after the mail, but asks for the mail without a key: a crash before the mark mails again."""

    def make_mailer(self) -> Partner:
        return UnkeyedPartner(self.ports, self.config, "mailer")


class SaveFirst(NotificationService):
    """Marks the event, then mails: a crash in between loses the mail."""

    async def notify(self, event: Json) -> None:
        async with self.database.transaction() as tx:
            if not await self.inbox.first_time(tx, event["event_id"]):
                return
        await self.send_mail(event)
