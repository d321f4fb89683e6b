"""Mistakes in burying and in redriving."""

from __future__ import annotations

import json

from shaketable_targets.order_system.dead_letters import DeadLetters, Handle, Redriven
from shaketable_targets.order_system.failures import HOPELESS, RETRIED
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.subscription import Subscription
from shaketable_targets.ports import Json, Record


class ForgivingLetters(DeadLetters):
    """Closes a letter that can never be handled, so that it is off the list."""

    __slots__ = ()

    async def redrive(self, handle: Handle) -> Redriven:
        async def forgiving(event: Json) -> None:
            try:
                await handle(event)
            except HOPELESS:
                return

        return await super().redrive(forgiving)


class RedriveForgives(NotificationService):
    """Counts a hopeless letter as redriven."""

    def make_letters(self) -> DeadLetters:
        return ForgivingLetters(self.ports, self.config, self.outbox, self.role)


class TakingLetters(DeadLetters):
    """Takes a letter before it handles it, so that two redrives do not meet: a crash leaves it taken."""

    __slots__ = ()

    async def redrive(self, handle: Handle) -> Redriven:
        done = left = 0
        for event_id, payload in await self._open_letters():
            await self._set(event_id, "TAKEN")
            try:
                await handle(json.loads(payload))
            except (*RETRIED, *HOPELESS):
                await self._set(event_id, "OPEN")
                left += 1
            else:
                await self._close(event_id)
                done += 1
        return Redriven(done, left)

    async def _set(self, event_id: str, status: str) -> None:
        async with self._database.transaction() as tx:
            await tx.update("dead_letters", {"status": status}, ("event_id", "=", event_id))


class RedriveTakes(NotificationService):
    """Leaves letters behind that no redrive sees again."""

    def make_letters(self) -> DeadLetters:
        return TakingLetters(self.ports, self.config, self.outbox, self.role)


class TwoStepLetters(DeadLetters):
    """Keeps the letter in one transaction and announces it in the next."""

    __slots__ = ()

    async def bury(self, event: Json, source: str, cause: str) -> None:
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
    """A crash between keeping and announcing leaves a letter nobody hears of, for it is there already next time."""

    def make_letters(self) -> DeadLetters:
        return TwoStepLetters(self.ports, self.config, self.outbox, self.role)


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
    """Never gives up: one event that nobody understands holds up all that come after it."""

    def make_subscription(self) -> Subscription:
        return StubbornSubscription(
            self.ports, self.config, self.role, self.topics, self.on_event, self.letters
        )
