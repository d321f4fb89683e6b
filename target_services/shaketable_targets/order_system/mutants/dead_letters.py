"""Mistakes with events that cannot be handled: in giving up, in keeping them, in announcing them."""

from __future__ import annotations

import json

from shaketable.ports import Json, Record, Transaction
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.events import ALERTS, DEAD_LETTERS
from shaketable_targets.order_system.failures import HOPELESS, RETRIED
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.subscription import Subscription


class DroppingLetters(DeadLetters):
    """Logs the event and moves on."""

    __slots__ = ()

    async def keep(self, event: Json, source: str, cause: str) -> None:
        del event, source, cause


class DropsAfterAttempts(NotificationService):
    """Gives up quietly."""

    def make_letters(self) -> DeadLetters:
        return DroppingLetters(self.ports, self.config, self.outbox, self.role)


class SwallowsErrors(NotificationService):
    """Catches everything, so that one bad event cannot stop the consumer."""

    async def on_event(self, event: Json) -> None:
        try:
            await super().on_event(event)
        except Exception:  # the mistake: what failed counts as handled
            return


class StubbornSubscription(Subscription):
    """Tries again until it works."""

    __slots__ = ()

    async def _process(self, record: Record) -> None:
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._handle(record.value)
                return
            except (*RETRIED, *HOPELESS):
                await self._clock.sleep(self._config.backoff_ms(min(attempt, 5)))


class RetriesForEver(NotificationService):
    """Never gives up: one event that cannot be handled holds up all that come after it."""

    def make_subscription(self) -> Subscription:
        return StubbornSubscription(
            self.ports, self.config, self.role, self.topics, self.on_event, self.letters
        )


class TrustingSubscription(Subscription):
    """Decodes a record before it looks after its errors: at one that is no JSON the consumer fails, begins again, and fails again."""

    __slots__ = ()

    async def _process(self, record: Record) -> None:
        while not isinstance(record.value, dict):
            await self._clock.sleep(self._config.retry_backoff_ms_max)
        await super()._process(record)


class LoopsAtUnreadable(NotificationService):
    """Reads only what it wrote itself: one record that is no JSON is given to it for ever, and nothing behind it."""

    def make_subscription(self) -> Subscription:
        return TrustingSubscription(
            self.ports, self.config, self.role, self.topics, self.on_event, self.letters
        )


class SilentLetters(DeadLetters):
    """Keeps the letter and publishes no alert."""

    __slots__ = ()

    async def announce(self, tx: Transaction, event: Json, source: str, cause: str) -> None:
        letter = {"type": event["type"], "event": event, "order": event["order"], "service": self._service}
        letter |= {"source": source, "cause": cause}
        await self._outbox.put(tx, DEAD_LETTERS, letter, f"{event['event_id']}/letter")


class NoAlert(NotificationService):
    """A dead letter without an alert."""

    def make_letters(self) -> DeadLetters:
        return SilentLetters(self.ports, self.config, self.outbox, self.role)


class CauselessLetters(DeadLetters):
    """Passes the event on as it is, without saying what was wrong."""

    __slots__ = ()

    async def announce(self, tx: Transaction, event: Json, source: str, cause: str) -> None:
        del source, cause
        event_id, order = event["event_id"], event["order"]
        alert = {"type": "DeadLettered", "event_id": event_id, "order": order, "service": self._service}
        letter = {"type": event["type"], "event": event, "order": order}
        await self._outbox.put(tx, DEAD_LETTERS, letter, f"{event_id}/letter")
        await self._outbox.put(tx, ALERTS, alert, f"{event_id}/alert")


class NoCause(NotificationService):
    """A dead letter that explains nothing."""

    def make_letters(self) -> DeadLetters:
        return CauselessLetters(self.ports, self.config, self.outbox, self.role)


class TwoStepLetters(DeadLetters):
    """Keeps the letter in one transaction and announces it in the next."""

    __slots__ = ()

    async def keep(self, event: Json, source: str, cause: str) -> None:
        letter = {
            "event_id": event["event_id"],
            "topic": source,
            "aggregate": event["order"],
            "payload": json.dumps(event),
            "cause": cause,
            "status": "OPEN",
            "buried_ms": self._clock.now_ms(),
        }
        async with self._database.transaction() as tx:
            kept = await tx.insert("dead_letters", letter, on_conflict="ignore")
        if kept is not None:
            async with self._database.transaction() as tx:
                await self.announce(tx, event, source, cause)


class AnnouncesAfterwards(NotificationService):
    """A crash between keeping and announcing leaves a letter that is never announced, for next time it is there already."""

    def make_letters(self) -> DeadLetters:
        return TwoStepLetters(self.ports, self.config, self.outbox, self.role)
