"""The query side: answers from the view that is live, keeps every generation up to date, and builds new ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from shaketable.ports import TRANSIENT, Clock, Json, Ports, Request, Response
from shaketable_targets.order_history.generations import Generations
from shaketable_targets.order_history.projector import Projector
from shaketable_targets.order_history.view import View
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import NOT_FOUND


class HistoryService:
    """One instance of the query side. Its collaborators are made by the methods below; a variant swaps one by overriding one."""

    def __init__(self, ports: Ports, config: Config) -> None:
        self.ports = ports
        self.config = config
        self.database = ports.database
        self.view = self.make_view()
        self.generations = self.make_generations()
        self.projectors: dict[int, asyncio.Task[None]] = {}
        self._background = Background()

    def make_view(self) -> View:
        return View(self.ports.clock)

    def make_generations(self) -> Generations:
        return Generations(self.database)

    def make_projector(self, generation: int) -> Projector:
        return Projector(self.ports, self.config, generation, self.view)

    # -- life --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._background.run(self.watch(), f"{self.ports.name} generations")

    async def stop(self) -> None:
        await self._background.stop()
        for generation in list(self.projectors):
            await self.end(generation)

    async def watch(self) -> None:
        """Run a projector for each generation that needs one, and let a new one answer when it has caught up."""
        while True:
            with contextlib.suppress(*TRANSIENT):
                await self.look()
            await self.ports.clock.sleep(self.config.poll_interval_ms)

    async def look(self) -> None:
        wanted = await self.generations.read_by_projectors()
        for generation in wanted:
            if generation not in self.projectors:
                name = f"{self.ports.name} projector {generation}"
                run = self.make_projector(generation).run()
                self.projectors[generation] = asyncio.create_task(run, name=name)
        for generation in [one for one in self.projectors if one not in wanted]:
            await self.end(generation)
        if len(wanted) > 1:
            await self.generations.finish()

    async def end(self, generation: int) -> None:
        task = self.projectors.pop(generation)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    # -- requests ----------------------------------------------------------------------------------------

    async def handle(self, request: Request) -> Response:
        """Answer one request; 503 means that it could not be answered now."""
        try:
            return await self.respond(request)
        except TRANSIENT as error:
            return Response(503, {"error": type(error).__name__})

    async def respond(self, request: Request) -> Response:
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["summaries", user]:
                return Response(200, await self.summary(user))
            case "GET", ["balances", user]:
                return await self.balance(user)
            case "POST", ["rebuilds"]:
                return Response(202, {"generation": await self.generations.begin()})
        return NOT_FOUND

    async def summary(self, user: str) -> Json:
        async with self.database.transaction() as tx:
            return await self.view.summary(tx, await self.generations.live(tx), user)

    async def balance(self, user: str) -> Response:
        """Ask the command side: a balance has to be right, so it is not answered from the view, not even when the shop is away."""
        timeout_ms = self.config.provider_timeout_ms
        return await self.ports.http.request("GET", "shop", f"/balances/{user}", timeout_ms=timeout_ms)


class OtherProjector(HistoryService):
    """The same with another projector."""

    def __init__(
        self, ports: Ports, config: Config, projector: Callable[[Ports, Config, int, View], Projector]
    ) -> None:
        super().__init__(ports, config)
        self._projector = projector

    def make_projector(self, generation: int) -> Projector:
        return self._projector(self.ports, self.config, generation, self.view)


class OtherView(HistoryService):
    """The same with another view."""

    def __init__(self, ports: Ports, config: Config, view: Callable[[Clock], View]) -> None:
        super().__init__(ports, config)
        self.view = view(ports.clock)
