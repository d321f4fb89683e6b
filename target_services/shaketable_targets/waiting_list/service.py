"""The service: changes rows first, then tells Redis; answers from Redis, and from the rows while it is away."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from shaketable.ports import TRANSIENT, Json, Ports, Request, Response, UniqueViolation
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import NOT_FOUND
from shaketable_targets.waiting_list.copies import Copies
from shaketable_targets.waiting_list.healer import Healer
from shaketable_targets.waiting_list.queue import Queue
from shaketable_targets.waiting_list.waitings import Waitings

EXISTS = Response(409, {"error": "there is such an entry already"})
NOT_WAITING = Response(409, {"error": "it does not wait"})
WRONG = Response(400, {"error": "waiting and place must be text, party a positive number"})


class WaitingListService:
    """One instance. Its collaborators are made by the methods below; a variant swaps one by overriding one."""

    def __init__(self, ports: Ports, config: Config) -> None:
        self.ports = ports
        self.config = config
        self.waitings = self.make_waitings()
        self.queue = self.make_queue()
        self.copies = self.make_copies()
        self._background = Background()

    def make_waitings(self) -> Waitings:
        return Waitings(self.ports.database)

    def make_queue(self) -> Queue:
        return Queue(self.ports, self.waitings)

    def make_copies(self) -> Copies:
        return Copies(self.ports, self.config, self.waitings)

    def make_healer(self) -> Healer:
        return Healer(self.ports.clock, self.waitings, self.queue, self.config.poll_interval_ms)

    async def start(self) -> None:
        self._background.run(self.make_healer().run(), f"{self.ports.name} healer")

    async def stop(self) -> None:
        await self._background.stop()

    # -- requests ----------------------------------------------------------------------------------------

    async def handle(self, request: Request) -> Response:
        """Answer one request; 503 means that the outcome is indeterminate."""
        try:
            return await self.respond(request)
        except TRANSIENT as error:
            return Response(503, {"error": type(error).__name__})

    async def respond(self, request: Request) -> Response:
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["waitings"]:
                return await self.join(request.body)
            case "PUT", ["waitings", waiting]:
                return await self.change(waiting, request.body)
            case "POST", ["waitings", waiting, "cancellation"]:
                return await self.cancel(waiting)
            case "GET", ["waitings", waiting]:
                return _found(await self.copies.get(waiting))
            case "GET", ["waitings", waiting, "position"]:
                return await self.position(waiting)
            case "GET", ["places", place, "queue"]:
                return Response(200, {"waitings": await self.listed(place)})
            case "POST", ["places", place, "calls"]:
                return await self.call(place)
        return NOT_FOUND

    async def join(self, body: Json) -> Response:
        said = body if isinstance(body, dict) else {}
        waiting, place = said.get("waiting"), said.get("place")
        if not (isinstance(waiting, str) and isinstance(place, str) and _is_size(said.get("party"))):
            return WRONG
        created_ms = self.ports.clock.now_ms()
        try:
            await self.waitings.join(waiting, place, said["party"], created_ms)
        except UniqueViolation:
            return EXISTS
        with contextlib.suppress(*TRANSIENT):  # the healer makes up for it
            await self.enqueue(place, waiting, created_ms)
        return Response(201, {"waiting": waiting, "place": place, "created_ms": created_ms})

    async def enqueue(self, place: str, waiting: str, created_ms: int) -> None:
        await self.queue.add(place, (waiting, created_ms))

    async def change(self, waiting: str, body: Json) -> Response:
        party = body.get("party") if isinstance(body, dict) else None
        if not isinstance(party, int) or not _is_size(party):
            return WRONG
        if not await self.waitings.change(waiting, party):
            return NOT_WAITING
        invalidated = await self.copies.invalidate(waiting)
        return Response(200, {"waiting": waiting, "party": party, "invalidated": invalidated})

    async def cancel(self, waiting: str) -> Response:
        row = await self.waitings.cancel(waiting)
        if row is None:
            return NOT_WAITING
        return Response(
            200, {"waiting": waiting, "invalidated": await self.ended(str(row["place"]), waiting)}
        )

    async def call(self, place: str) -> Response:
        """Ask the next one in: the rows decide who that is."""
        called = await self.waitings.call_next(place)
        invalidated = called is not None and await self.ended(place, called)
        return Response(200, {"called": called, "invalidated": invalidated})

    async def ended(self, place: str, waiting: str) -> bool:
        """Take one that waits no more out of Redis; tell whether its copy is known to be gone."""
        with contextlib.suppress(*TRANSIENT):  # the healer makes up for it
            await self.queue.remove(place, waiting)
        return await self.copies.invalidate(waiting)

    async def listed(self, place: str) -> list[str]:
        try:
            found = await self.queue.listed(place)
        except TRANSIENT:
            found = await self.waitings.active(place)
        return [waiting for waiting, _ in found]

    async def position(self, waiting: str) -> Response:
        """Answer how many are ahead, and one more."""
        row = await self.waitings.get(waiting)
        if row is None:
            return NOT_FOUND
        place = str(row["place"])
        try:
            ahead = await self.queue.ahead(place, waiting)
        except TRANSIENT:
            ahead = place_of(waiting, [one for one, _ in await self.waitings.active(place)])
        if ahead is None:
            return Response(404, {"error": "it does not wait"})
        return Response(200, {"waiting": waiting, "position": ahead + 1})


class OtherHealer(WaitingListService):
    """The same with another healer."""

    def __init__(self, ports: Ports, config: Config, healer: Callable[..., Healer]) -> None:
        super().__init__(ports, config)
        self._healer = healer

    def make_healer(self) -> Healer:
        return self._healer(self.ports.clock, self.waitings, self.queue, self.config.poll_interval_ms)


class OtherCopies(WaitingListService):
    """The same with other copies."""

    def __init__(self, ports: Ports, config: Config, copies: Callable[..., Copies]) -> None:
        super().__init__(ports, config)
        self.copies = copies(ports, config, self.waitings)


def place_of(waiting: str, listed: list[str]) -> int | None:
    return listed.index(waiting) if waiting in listed else None


def _found(copy: Json) -> Response:
    return NOT_FOUND if copy is None else Response(200, copy)


def _is_size(party: object) -> bool:
    return type(party) is int and party > 0
