"""Mistakes in redriving."""

from __future__ import annotations

import json

from shaketable.ports import Json
from shaketable_targets.order_system.as_listed.partner import UnkeyedPartner
from shaketable_targets.order_system.dead_letters import DeadLetters, Handle, Redriven
from shaketable_targets.order_system.failures import HOPELESS, RETRIED
from shaketable_targets.order_system.notification import NotificationService


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
