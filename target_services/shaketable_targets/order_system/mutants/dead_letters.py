"""Mistakes with events that cannot be handled."""

from __future__ import annotations

import json

from shaketable_targets.order_system.as_listed.partner import UnkeyedPartner
from shaketable_targets.order_system.dead_letters import DeadLetters, Handle, Redriven
from shaketable_targets.order_system.events import ALERTS, DEAD_LETTERS
from shaketable_targets.order_system.failures import HOPELESS, RETRIED
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.ports import Json, Transaction


class DroppingLetters(DeadLetters):
    """Logs the event and moves on."""

    __slots__ = ()

    async def bury(self, event: Json, source: str, cause: str) -> None:
        del event, source, cause


class DropsAfterAttempts(NotificationService):
    """Gives up quietly."""

    def make_letters(self) -> DeadLetters:
        return DroppingLetters(self.ports, self.config, self.outbox, self.role)


class SilentLetters(DeadLetters):
    """Keeps the letter and alerts nobody."""

    __slots__ = ()

    async def announce(self, tx: Transaction, event: Json, source: str, cause: str) -> None:
        letter = {"type": event["type"], "event": event, "order": event["order"], "service": self._service}
        letter |= {"source": source, "cause": cause}
        await self._outbox.put(tx, DEAD_LETTERS, letter, f"{event['event_id']}/letter")


class NoAlert(NotificationService):
    """A dead letter that nobody hears of."""

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


class RedriveMailsAgain(NotificationService):
    """Redrives past inbox and key, "because the ordinary way has failed": twice redriven is twice mailed."""

    def make_letters(self) -> DeadLetters:
        return _Redirected(self)


class _Redirected(DeadLetters):
    __slots__ = ("_notification",)

    def __init__(self, notification: NotificationService) -> None:
        super().__init__(notification.ports, notification.config, notification.outbox, notification.role)
        self._notification = notification

    async def redrive(self, handle: Handle) -> Redriven:
        del handle
        return await super().redrive(self._mail)

    async def _mail(self, event: Json) -> None:
        service = self._notification
        mailer, service.mailer = service.mailer, UnkeyedPartner(service.ports, service.config, "mailer")
        try:
            await service.send_mail(event)
        finally:
            service.mailer = mailer
        await service.mark(event)


class ClosingLetters(DeadLetters):
    """Closes the letters, then handles them: one that fails again is gone."""

    __slots__ = ()

    async def redrive(self, handle: Handle) -> Redriven:
        letters = await self._open_letters()
        for event_id, _ in letters:
            await self._close(event_id)
        for _, payload in letters:
            try:
                await handle(json.loads(payload))
            except (*RETRIED, *HOPELESS):
                continue
        return Redriven(len(letters), 0)


class RedriveClosesFirst(NotificationService):
    """Reports every letter as redriven."""

    def make_letters(self) -> DeadLetters:
        return ClosingLetters(self.ports, self.config, self.outbox, self.role)


class SwallowsErrors(NotificationService):
    """Catches everything, so that one bad event cannot stop the consumer."""

    async def on_event(self, event: Json) -> None:
        try:
            await super().on_event(event)
        except Exception:  # the mistake: what failed counts as handled
            return
