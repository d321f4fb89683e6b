"""The same work with and without tap and Toxiproxy: five orders through all four services, straight to the servers or not."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from dataclasses import dataclass

import httpx

from shaketable.history import Json
from shaketable.real.containers.images import overrides
from shaketable.real.containers.launcher import ContainerLauncher
from shaketable.real.loop_thread import LoopThread
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.stack.launcher import Launcher
from shaketable.real.stack.power import CLIENT
from shaketable.real.stack.stack import Stack
from shaketable.real.world import SCALE
from shaketable.subject import System
from shaketable_patterns.order_system.externals import MAILER, PROVIDER
from tests.bench.container_memory import container_megabytes
from tests.bench.orders import ORDERS, SAGA

ROUNDS = 20
"""Where in its interval each relay polls is chance, and five orders pass four of them: few rounds measure that only."""
_GLANCE_S = 0.002
_PATIENCE_S = 30


class Mails:
    """A ledger that counts."""

    def __init__(self) -> None:
        self.sent = 0

    def record(self, name: str, value: Json) -> None:
        self.sent += name == "mail"


class Shop:
    """The order system on servers of its own, with or without a tap, and a client that waits for its mails."""

    def __init__(self, world: str, *, is_tapped: bool) -> None:
        system = SAGA.target
        assert isinstance(system, System)
        self._thread = LoopThread()
        self._launcher: Launcher = (
            ProcessLauncher(system.entries)
            if world == "processes"
            else ContainerLauncher(overrides(os.environ))
        )
        self._stack = Stack(system, self._launcher, SCALE, is_tapped=is_tapped)
        self._round = 0

    def open(self) -> None:
        self._thread.call(self._stack.open())

    def close(self) -> None:
        try:
            self._thread.call(self._stack.close())
        finally:
            self._thread.close()

    def megabytes(self) -> float:
        """What all containers of this stack hold in memory, what the kernel can drop left out."""
        assert isinstance(self._launcher, ContainerLauncher)
        return container_megabytes(self._launcher.run)

    def five_orders(self) -> float:
        """Seconds until the last of five customers has his mail; tables are emptied first."""
        return self._thread.call(self._five_orders())

    async def _five_orders(self) -> float:
        stack, mails = self._stack, Mails()
        self._round += 1
        for oracle in stack.oracles:
            await oracle.begin()
        for external in (PROVIDER, MAILER):
            stack.externals[external.name].external = external.make(mails)
        async with httpx.AsyncClient(verify=False, trust_env=False, timeout=_PATIENCE_S) as client:
            began_s = time.perf_counter()
            await asyncio.gather(*(self._place(client, n) for n in range(ORDERS)))
            async with asyncio.timeout(_PATIENCE_S):
                while mails.sent < ORDERS:
                    await asyncio.sleep(_GLANCE_S)
        return time.perf_counter() - began_s

    async def _place(self, client: httpx.AsyncClient, number: int) -> None:
        host, port = self._door()
        order = f"r{self._round}o{number}"
        body = {"order": order, "item": "apple", "quantity": 1, "amount": 10}
        answer = await client.post(
            f"http://{host}:{port}/orders", json=body, headers={"idempotency-key": order}
        )
        answer.raise_for_status()

    def _door(self) -> tuple[str, int]:
        edge = self._stack.edges.get((CLIENT, "order"))
        return self._launcher.address("order") if edge is None else (self._launcher.tap_host, edge.port)


@dataclass(frozen=True, slots=True)
class Compared:
    """The seconds of the work with and without, and the memory of a containers stack (0 for processes)."""

    tapped_s: float
    straight_s: float
    megabytes: float


def compared(world: str) -> Compared:
    """Both stacks up at once, their rounds taken in turn."""
    shops = [Shop(world, is_tapped=tapped) for tapped in (True, False)]
    try:
        for shop in shops:
            shop.open()
            shop.five_orders()
        rounds = [[shop.five_orders() for shop in shops] for _ in range(ROUNDS)]
        megabytes = shops[0].megabytes() if world == "containers" else 0.0
    finally:
        for shop in shops:
            shop.close()
    tapped_s, straight_s = (statistics.median(column) for column in zip(*rounds, strict=True))
    return Compared(tapped_s, straight_s, megabytes)
