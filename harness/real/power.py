"""Power of the real parties: killed, paused and brought back, while their edges refuse what cannot be served."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from harness.history import History, Json, Kind
from harness.real.clock import RunClock
from harness.real.external_server import ExternalServer
from harness.real.launcher import Launcher
from harness.real.tap.edge import Edge

CLIENT = "client"


class RealPower:
    """Fits `harness.real.tap.switchboard.Power`; the session gives it the run's clock and history."""

    def __init__(
        self,
        launcher: Launcher,
        edges: Mapping[tuple[str, str], Edge],
        externals: Mapping[str, ExternalServer],
        tap_host: str,
        wait_ready: Callable[[str], Awaitable[None]],
    ) -> None:
        self._launcher = launcher
        self._edges = edges
        self._externals = externals
        self._tap_host = tap_host
        self._wait_ready = wait_ready
        self._down: dict[str, asyncio.Task[None] | None] = {}  # who is down, and what brings it back
        self._paused: dict[str, tuple[asyncio.Task[None], int]] = {}
        self.disturbed = False  # something was down or still in this run: groups may have rebalanced

    def begin(self, clock: RunClock, history: History) -> None:
        """A new run."""
        self._clock = clock
        self._history = history
        self.disturbed = False

    def is_down(self, party: str) -> bool:
        return party in self._down

    async def crash(self, party: str, down_ms: int, *, orderly: bool = False) -> bool:
        """Cut the power of `party`; it returns `down_ms` later. False when it is down, or is the client."""
        if party == CLIENT or party in self._down:
            return False
        self._down[party] = None
        self._refuse(party)
        if party in self._externals:
            await self._externals[party].close()
        elif party not in self._launcher.cannot_crash:
            stopped = await (self._launcher.stop(party) if orderly else self._launcher.kill(party))
            if not stopped:
                del self._down[party]
                await self._accept(party)
                return False
        self.disturbed = True
        self._paused.pop(party, None)
        self._note("crash", party, {"orderly": True} if orderly else None)
        self._down[party] = asyncio.ensure_future(self._return(party, down_ms))
        return True

    async def pause(self, party: str, for_ms: int, event: int) -> bool:
        """Let the process stand still for `for_ms`."""
        if party in self._paused or party in self._down or not await self._launcher.pause(party):
            return False
        self.disturbed = True
        self._paused[party] = (asyncio.ensure_future(self._resume_later(party, for_ms)), event)
        return True

    async def heal(self) -> None:
        """Everybody runs again, now."""
        for party in list(self._paused):
            await self._resume(party)
        for party, task in list(self._down.items()):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await self._power_on(party)

    async def _return(self, party: str, down_ms: int) -> None:
        await asyncio.sleep(self._clock.real_s(down_ms))
        await asyncio.shield(self._power_on(party))

    async def _power_on(self, party: str) -> None:
        if party not in self._down:
            return
        if party in self._externals:
            await self._externals[party].open(self._tap_host)
        elif party not in self._launcher.cannot_crash:
            await self._launcher.start_again(party)
            await self._wait_ready(party)
        await self._accept(party)
        self._down.pop(party, None)
        self._note("restart", party)

    async def _resume_later(self, party: str, for_ms: int) -> None:
        await asyncio.sleep(self._clock.real_s(for_ms))
        await asyncio.shield(self._resume(party))

    async def _resume(self, party: str) -> None:
        paused = self._paused.pop(party, None)
        if paused is None:
            return
        task, event = paused
        if task is not asyncio.current_task():
            task.cancel()
        await self._launcher.resume(party)
        self._history.add(self._clock.now_ms(), "heal", party, "pause", None, event)

    def _refuse(self, party: str) -> None:
        for (client, server), edge in self._edges.items():
            if server == party:
                edge.refuse()
            elif client == party:
                edge.abort_all()

    async def _accept(self, party: str) -> None:
        for (_, server), edge in self._edges.items():
            if server == party:
                await edge.accept()

    def _note(self, kind: Kind, party: str, value: Json = None) -> None:
        self._history.add(self._clock.now_ms(), kind, party, kind, value)
