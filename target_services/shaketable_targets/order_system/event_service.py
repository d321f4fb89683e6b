"""The base of every service of the system: it reads topics, publishes its outbox, and redrives its dead letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from shaketable.ports import TRANSIENT, Json, Ports, Request, Response
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.events import checked
from shaketable_targets.order_system.inbox import Inbox
from shaketable_targets.order_system.outbox import Outbox
from shaketable_targets.order_system.relay import Relay
from shaketable_targets.order_system.skip_locked_relay import SkipLockedRelay
from shaketable_targets.order_system.subscription import Subscription

Handler = Callable[[Json], Awaitable[None]]

NOT_FOUND = Response(404, {"error": "no such path"})


class EventService:
    """A service that reacts to events. Subclasses name their role, topics and handlers.

    Its collaborators are made by the methods below; a variant swaps one by overriding one.
    """

    role = ""
    topics: tuple[str, ...] = ()

    def __init__(self, ports: Ports, config: Config) -> None:
        self.ports = ports
        self.config = config
        self.database = ports.database
        self.inbox = self.make_inbox()
        self.outbox = self.make_outbox()
        self.letters = self.make_letters()
        self._background = Background()

    # -- collaborators -----------------------------------------------------------------------------------

    def make_inbox(self) -> Inbox:
        return Inbox()

    def make_outbox(self) -> Outbox:
        return Outbox(self.ports)

    def make_letters(self) -> DeadLetters:
        return DeadLetters(self.ports, self.config, self.outbox, self.role)

    def make_relay(self) -> Relay | None:
        """Make the relay of this process; None where relays are processes of their own."""
        return SkipLockedRelay(self.ports, self.config, self.letters)

    def make_subscription(self) -> Subscription:
        return Subscription(self.ports, self.config, self.role, self.topics, self.on_event, self.letters)

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handlers by event type; events of other types are ignored."""
        return {}

    # -- life --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        if self.topics:
            self._background.run(self.make_subscription().run(), f"{self.ports.name} subscription")
        relay = self.make_relay()
        if relay is not None:
            self._background.run(relay.run(), f"{self.ports.name} relay")

    async def stop(self) -> None:
        await self._background.stop()

    async def on_event(self, event: Json) -> None:
        """Handle one event; safe to repeat. Raises errors that are RETRIED or HOPELESS (`failures`)."""
        handler = self.handlers().get(checked(event)["type"])
        if handler is not None:
            await handler(event)

    async def handle(self, request: Request) -> Response:
        """Answer one request; 503 means that the outcome is indeterminate."""
        try:
            if request.path == "/dead-letters/redrive" and request.method == "POST":
                redriven = await self.letters.redrive(self.on_event)
                return Response(200, {"redriven": redriven.done, "left": redriven.left})
            return await self.respond(request)
        except TRANSIENT as error:
            return Response(503, {"error": type(error).__name__})

    async def respond(self, request: Request) -> Response:
        """Answer the requests that only this service has."""
        return NOT_FOUND
