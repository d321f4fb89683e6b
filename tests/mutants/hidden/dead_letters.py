"""Mistakes in giving events up, keeping them and redriving them."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from shaketable.ports import TRANSIENT, CommitRejected, Condition, Consumer, Json, Record, Transaction
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.variant import DEAD_LETTERS
from shaketable_targets.order_system.dead_letters import DeadLetters, Handle, Redriven
from shaketable_targets.order_system.events import ALERTS
from shaketable_targets.order_system.events import DEAD_LETTERS as LETTERS
from shaketable_targets.order_system.failures import HOPELESS, RETRIED
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.subscription import Subscription
from tests.mutants.hidden.declared import Hidden, order_subject


class WithLetters(NotificationService):
    """A consumer with other letters or another subscription."""

    letters_of: type[DeadLetters] = DeadLetters
    subscription_of: type[Subscription] = Subscription

    def make_letters(self) -> DeadLetters:
        return self.letters_of(self.ports, self.config, self.outbox, self.role)

    def make_subscription(self) -> Subscription:
        return self.subscription_of(
            self.ports, self.config, self.role, self.topics, self.on_event, self.letters
        )


class SideSubscription(Subscription):
    """Lets the next record begin before the last one has ended."""

    async def _step(self, consumer: Consumer) -> None:
        try:
            record = await consumer.get()
        except TRANSIENT:
            await self._clock.sleep(self._config.retry_backoff_ms)
            return
        self._side(self._handle_and_commit(consumer, record))

    def _side(self, work: object) -> None:
        tasks: dict[asyncio.Task[None], None] = self.__dict__.setdefault("tasks", {})
        task = asyncio.ensure_future(work)  # type: ignore[arg-type, var-annotated]
        tasks[task] = None
        task.add_done_callback(lambda done: tasks.pop(done, None))

    async def _handle_and_commit(self, consumer: Consumer, record: Record) -> None:
        await self._process(record)
        try:
            await consumer.commit(record)
        except (*TRANSIENT, CommitRejected):
            return


class HandlesSideBySide(WithLetters):
    """Handles records side by side and commits each when it is done: a later one's commit covers an earlier one in work."""

    subscription_of = SideSubscription


class QueueingSubscription(SideSubscription):
    """Goes on to the next record when one fails, and tries that one again beside it."""

    async def _step(self, consumer: Consumer) -> None:
        try:
            record = await consumer.get()
        except TRANSIENT:
            await self._clock.sleep(self._config.retry_backoff_ms)
            return
        try:
            await self._handle(record.value)
        except (*RETRIED, *HOPELESS):
            self._side(self._process(record))
        try:
            await consumer.commit(record)
        except (*TRANSIENT, CommitRejected):
            return


class RetriesInMemory(WithLetters):
    """Commits the offset of an event that failed and keeps it in memory for its retries."""

    subscription_of = QueueingSubscription


class HastySubscription(Subscription):
    """Commits where it stands when it is stopped."""

    async def run(self) -> None:
        consumer = self._broker.consumer(self._group, self._topics)
        record: Record | None = None
        try:
            while True:
                try:
                    record = await consumer.get()
                except TRANSIENT:
                    await self._clock.sleep(self._config.retry_backoff_ms)
                    continue
                await self._process(record)
                try:
                    await consumer.commit(record)
                except (*TRANSIENT, CommitRejected):
                    continue
        except asyncio.CancelledError:
            if record is not None:
                with suppress(*TRANSIENT, CommitRejected):
                    await consumer.commit(record)
            await consumer.close()
            raise


class CommitsOnStop(WithLetters):
    """Commits the offset of the record that it is busy with when a deployment stops it."""

    subscription_of = HastySubscription


async def oldest_ten(letters: DeadLetters, *more: Condition) -> list[tuple[str, str]]:
    """Return the first open letters that satisfy `more`."""
    where = (("status", "=", "OPEN"), *more)
    async with letters._database.transaction() as tx:
        rows = await tx.select("dead_letters", *where, order_by=("buried_ms", "event_id"), limit=10)
    return [(str(row["event_id"]), str(row["payload"])) for row in rows]


class RecentLetters(DeadLetters):
    """Redrives what was buried within the last minute; older letters are for the operators' archive."""

    async def _open_letters(self) -> list[tuple[str, str]]:
        return await oldest_ten(self, ("buried_ms", ">", self._clock.now_ms() - 60_000))


class RedrivesRecent(WithLetters):
    """Never redrives a letter that waited for more than a minute."""

    letters_of = RecentLetters


class RepublishedLetters(DeadLetters):
    """Publishes the event once more and closes its letter; when it fails again, its letter is there already."""

    async def redrive(self, handle: Handle) -> Redriven:
        letters = await self._open_letters()
        for event_id, payload in letters:
            event, closed = json.loads(payload), ("event_id", "=", event_id)
            async with self._database.transaction() as tx:
                await tx.update("dead_letters", {"status": "REDRIVEN"}, closed, ("status", "=", "OPEN"))
            try:
                await handle(event)
            except HOPELESS:
                async with self._database.transaction() as tx:
                    await tx.update("dead_letters", {"status": "OPEN"}, closed)
            except RETRIED as error:
                await self.keep(event, "order-events", f"{type(error).__name__} in a redrive")
        return Redriven(len(letters), 0)


class ClosesAndKeepsAgain(WithLetters):
    """Closes a letter, and keeps it anew if it fails again; but keeping ignores a letter that is there, closed or not."""

    letters_of = RepublishedLetters


class OneOfAnOrder(DeadLetters):
    """Keeps one open letter of an order: the next would only say the same."""

    async def keep(self, event: Json, source: str, cause: str) -> None:
        same = (("aggregate", "=", event["order"]), ("status", "=", "OPEN"))
        async with self._database.transaction() as tx:
            rows = await tx.select("dead_letters", *same)
        if not any(row["event_id"] != event["event_id"] for row in rows):
            await super().keep(event, source, cause)


class OneLetterPerOrder(WithLetters):
    """Drops an event if another one of its order waits among the dead letters."""

    letters_of = OneOfAnOrder


class QuietLetters(DeadLetters):
    """Sends at most one alert in half a minute."""

    async def announce(self, tx: Transaction, event: Json, source: str, cause: str) -> None:
        event_id, order = event["event_id"], event["order"]
        about = {"order": order, "cause": cause, "service": self._service}
        letter = {"type": event["type"], "event": event, "source": source, **about}
        await self._outbox.put(tx, LETTERS, letter, f"{event_id}/letter")
        now_ms = self._clock.monotonic_ms()
        if now_ms - self.__dict__.get("alerted_ms", -30_000) >= 30_000:
            self.__dict__["alerted_ms"] = now_ms
            alert = {"type": "DeadLettered", "event_id": event_id, **about}
            await self._outbox.put(tx, ALERTS, alert, f"{event_id}/alert")


class ThrottlesAlerts(WithLetters):
    """Sends no alert for a letter that comes soon after another."""

    letters_of = QuietLetters


class SummaryLetters(DeadLetters):
    """Closes everything that is open once all letters it has read were handled."""

    async def _open_letters(self) -> list[tuple[str, str]]:
        return await oldest_ten(self)

    async def redrive(self, handle: Handle) -> Redriven:
        letters = await self._open_letters()
        left = 0
        for event_id, payload in letters:
            try:
                await handle(json.loads(payload))
            except (*RETRIED, *HOPELESS):
                left += 1
            else:
                if left:
                    await self._close(event_id)
        if letters and not left:
            async with self._database.transaction() as tx:
                await tx.update("dead_letters", {"status": "REDRIVEN"}, ("status", "=", "OPEN"))
        return Redriven(len(letters) - left, left)


class ClosesAllAtOnce(WithLetters):
    """Closes letters that it has not read: those beyond its batch, and those that came meanwhile."""

    letters_of = SummaryLetters


def _hidden(make: type[WithLetters], name: str, kills: str, shows: str, needs: str) -> Hidden:
    target = system.dead_letters(notification=make)
    subject = order_subject(DEAD_LETTERS, name, target, profile.DEAD_LETTERS, make, tuple(kills.split()))
    return Hidden(subject, shows, needs)


MUTANTS = (
    _hidden(
        HandlesSideBySide,
        "handles-side-by-side",
        "DL-1 DL-3",
        "one mail is slow, the next is done and commits the offset; a crash loses the slow one",
        "two events at once, the first slow, and a crash before it has ended",
    ),
    _hidden(
        RetriesInMemory,
        "retries-in-memory",
        "DL-1 DL-3",
        "an event that failed is lost in a crash between its attempts",
        "a mailer that fails, and a crash within the seconds of the retries",
    ),
    _hidden(
        CommitsOnStop,
        "commits-on-stop",
        "DL-1 DL-3",
        "a deployment in the middle of a retry loses the event",
        "an orderly restart while an event is in work",
    ),
    _hidden(
        RedrivesRecent,
        "redrives-recent",
        "DL-2",
        "a letter that waited for longer than a minute stays open whatever is redriven",
        "more than a minute between burying and redriving, or a clock step forward",
    ),
    _hidden(
        ClosesAndKeepsAgain,
        "closes-and-keeps-again",
        "DL-2 DL-1 DL-3",
        "a redrive during the outage closes the letter for ever, and no mail was sent",
        "a redrive while the mailer is away, or a crash in the middle of one",
    ),
    _hidden(
        OneLetterPerOrder,
        "one-letter-per-order",
        "DL-3 DL-1",
        "two events of an order fail, and only one of them is ever seen again",
        "two events of one order in one outage",
    ),
    _hidden(
        ThrottlesAlerts,
        "throttles-alerts",
        "DL-1",
        "the second letter of an outage has no alert",
        "two letters within half a minute",
    ),
    _hidden(
        ClosesAllAtOnce,
        "closes-all-at-once",
        "DL-2 DL-3 DL-1",
        "a letter that came while others were redriven is closed without its mail",
        "more than ten letters, or one that is kept during a redrive",
    ),
)
