"""The listed idempotent consumer (seed document, section 4): exists, effect, save."""

from __future__ import annotations

from shaketable.ports import Json
from shaketable_targets.order_system.as_listed.partner import UnkeyedPartner
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.partner import Partner


class AsListedNotification(NotificationService):
    """Three steps without a transaction around them.

    A crash after the mail repeats it, and two members of the group can pass the first step at the same time.
    """

    def make_mailer(self) -> Partner:
        return UnkeyedPartner(self.ports, self.config, "mailer")

    async def notify(self, event: Json) -> None:
        if await self._is_processed(event["event_id"]):
            return
        await self.send_mail(event)
        await self.mark(event)

    async def _is_processed(self, event_id: str) -> bool:
        async with self.database.transaction() as tx:
            return bool(await tx.select("processed", ("event_id", "=", event_id)))
