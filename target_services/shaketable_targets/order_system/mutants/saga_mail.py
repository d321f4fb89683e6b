"""Mistakes in what the customer is told."""

from __future__ import annotations

from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.ports import Json


class OneTemplate(NotificationService):
    """Thanks for the order, however it ended."""

    async def send_mail(self, event: Json) -> None:
        mail = {"event": event["event_id"], "order": event["order"], "template": "confirmed"}
        await self.mailer.ask("/mails", mail, event["event_id"])
