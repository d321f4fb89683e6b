"""The mails that orders owe: sent by a worker until the gateway has taken each."""

from __future__ import annotations

import logging

from shaketable.ports import TRANSIENT, Ports
from shaketable_targets.order_system.config import Config
from shaketable_targets.restaurant_front.orders import PENDING, SENT
from shaketable_targets.restaurant_front.settings import CALL_TIMEOUT_MS, MAILER

log = logging.getLogger(__name__)


class NotTaken(Exception):
    """The gateway has not taken a mail."""


class MailWorker:
    """Looks for what is owed, poll by poll. A mail that fails stays owed; its key makes that harmless where it was taken."""

    def __init__(self, ports: Ports, config: Config) -> None:
        self.ports = ports
        self.config = config

    async def run(self) -> None:
        """Send once each interval, until cancelled. No error ends it, as the mails are still owed then."""
        while True:
            await self.ports.clock.sleep(self.config.poll_interval_ms)
            try:
                await self.tick()
            except (NotTaken, *TRANSIENT) as error:
                log.info("mails are still owed: %r", error)
            except Exception:
                log.exception("mails are still owed")

    async def tick(self) -> None:
        """Send what is owed, the oldest first, up to the first that fails."""
        while owed := await self.owed():
            for order in owed:
                await self.send(order)
                await self.mark(order)

    async def owed(self) -> list[str]:
        async with self.ports.database.transaction() as tx:
            rows = await tx.select(
                "mails",
                ("status", "=", PENDING),
                order_by=("owed_ms", "order"),
                limit=self.config.batch_size,
            )
        return [str(row["order"]) for row in rows]

    async def send(self, order: str) -> None:
        """Ask the gateway once. Raises NotTaken, or one of the transient errors, after which it may have been taken."""
        key = {"idempotency-key": self.key_of(order)}
        answer = await self.ports.http.request(
            "POST", MAILER, "/mails", {"order": order}, key, timeout_ms=CALL_TIMEOUT_MS
        )
        if answer.status >= 300:
            raise NotTaken(f"{MAILER} answered {answer.status}")

    def key_of(self, order: str) -> str:
        """Return the key of a mail, the same at every attempt."""
        return f"mail-{order}"

    async def mark(self, order: str) -> None:
        async with self.ports.database.transaction() as tx:
            await tx.update("mails", {"status": SENT}, ("order", "=", order))
