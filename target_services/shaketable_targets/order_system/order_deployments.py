"""The order service as it is deployed when others do part of its work."""

from __future__ import annotations

from collections.abc import Callable

from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.idempotency import Keys, LeasedKeys
from shaketable_targets.order_system.order import OrderService
from shaketable_targets.order_system.relay import Relay
from shaketable_targets.ports import Ports


class RelaylessOrder(OrderService):
    """Its outbox is emptied by processes of their own."""

    def make_relay(self) -> Relay | None:
        return None


class OrderFront(OrderService):
    """Only takes orders; several instances may, so its keys have owners and leases."""

    topics = ()

    def make_keys(self) -> Keys:
        return LeasedKeys(self.ports, self.config)


class OtherKeys(OrderFront):
    """With other keys instead."""

    def __init__(self, ports: Ports, config: Config, make_keys: Callable[[Ports, Config], Keys]) -> None:
        super().__init__(ports, config)
        self.keys = make_keys(ports, config)
