"""A process that only relays, where publishing is kept apart from the service."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.ports import Ports, Request, Response
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.event_service import NOT_FOUND
from shaketable_targets.order_system.outbox import Outbox
from shaketable_targets.order_system.relay import Relay


class RelayProcess:
    """Runs one relay on the database of the service whose outbox it publishes."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._background = Background()

    async def start(self) -> None:
        self._background.run(self._relay.run(), "relay")

    async def stop(self) -> None:
        await self._background.stop()

    async def handle(self, request: Request) -> Response:
        return NOT_FOUND


def order_relay(
    ports: Ports, config: Config, make_relay: Callable[[Ports, Config, DeadLetters], Relay]
) -> RelayProcess:
    """Make a process that publishes the order service's outbox."""
    letters = DeadLetters(ports, config, Outbox(ports), "order")
    return RelayProcess(make_relay(ports, config, letters))
