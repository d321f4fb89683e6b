"""The notification service: mails the customer how the order ended. Several instances share one group."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Json, Ports
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import EventService, Handler
from shaketable_targets.order_system.events import ORDER_EVENTS
from shaketable_targets.order_system.inbox import Inbox
from shaketable_targets.order_system.partner import Partner

TEMPLATES = {"OrderConfirmed": "confirmed", "OrderCancelled": "cancelled"}


class NotificationService(EventService):
    """Sends a mail with the event's id as its key, then marks the event as processed."""

    role = "notification"
    topics: tuple[str, ...] = (ORDER_EVENTS,)

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.mailer = self.make_mailer()

    def make_mailer(self) -> Partner:
        return Partner(self.ports, self.config, "mailer")

    def make_inbox(self) -> Inbox:
        return Inbox("processed")

    def handlers(self) -> Mapping[str, Handler]:
        return dict.fromkeys(TEMPLATES, self.notify)

    async def notify(self, event: Json) -> None:
        await self.send_mail(event)
        await self.mark(event)

    async def send_mail(self, event: Json) -> None:
        event_id = event["event_id"]
        mail = {"event": event_id, "order": event["order"], "template": TEMPLATES[event["type"]]}
        await self.mailer.ask("/mails", mail, event_id)

    async def mark(self, event: Json) -> None:
        async with self.database.transaction() as tx:
            await self.inbox.first_time(tx, event["event_id"])
