"""The command side as listed (seed document, section 3): it saves, and publishes inside the transaction."""

from __future__ import annotations

from shaketable_targets.order_history.shop import ShopService
from shaketable_targets.order_system.as_listed.dual_write import NoOutbox
from shaketable_targets.order_system.outbox import Outbox
from shaketable_targets.order_system.relay import Relay


class AsListedShop(ShopService):
    """Without an outbox: a send that fails loses the event, a commit that fails leaves an event of nothing."""

    def make_outbox(self) -> Outbox:
        return NoOutbox(self.ports)

    def make_relay(self) -> Relay | None:
        return None
