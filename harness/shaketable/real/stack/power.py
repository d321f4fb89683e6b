"""Power of the real parties: killed, paused and brought back, while their edges refuse what cannot be served."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Container, Mapping

from shaketable.history import History, Json, Kind
from shaketable.real.stack.clock import RunClock
from shaketable.real.stack.external_server import ExternalServer
from shaketable.real.stack.launcher import KAFKA, Launcher
from shaketable.real.tap.edge import Edge

CLIENT = "client"


class Outage:
    """A party that is down: whether it lost power indeed, and what ends it before its time."""

    __slots__ = ("lost", "over", "task")

    def __init__(self) -> None:
        self.lost: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.over = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class RealPower:
    """Fits `shaketable.real.tap.switchboard.Power`; the session gives it the run's clock and history."""

    def __init__(
        self,
        launcher: Launcher,
        edges: Mapping[tuple[str, str], Edge],
        externals: Mapping[str, ExternalServer],
        start_again: Callable[[str], Awaitable[None]],
    ) -> None:
        self._launcher = launcher
        self._edges = edges
        self._externals = externals
        self._start_again = start_again
        self._down: dict[str, Outage] = {}
        self._failures: list[Exception] = []
        self._paused: dict[str, tuple[asyncio.Task[None], int]] = {}
        self.disturbed = False  # something was down or still in this run: groups may have rebalanced

    def begin(
        self, clock: RunClock, history: History, members: Container[str] = (), *, disturbed: bool = False
    ) -> None:
        """A new run. `members` are those the broker would miss; `disturbed`: services were killed just now."""
        self._members = members
        self._clock = clock
        self._history = history
        self.disturbed = disturbed

    def is_down(self, party: str) -> bool:
        return party in self._down

    async def crash(self, party: str, down_ms: int, *, orderly: bool = False) -> bool:
        """Cut the power of `party`; it returns `down_ms` later. False when it is down, or is the client."""
        if party == CLIENT or party in self._down:
            return False
        outage = self._down[party] = Outage()
        if not orderly:
            self._refuse(party)  # now: not one message more
        outage.task = asyncio.ensure_future(self._suffer(party, outage, down_ms, orderly=orderly))
        return await asyncio.shield(outage.lost)

    async def pause(self, party: str, for_ms: int, event: int) -> bool:
        """Let the process stand still for `for_ms`."""
        if party in self._paused or party in self._down or not await self._launcher.pause(party):
            return False
        self.disturbed = self.disturbed or self._is_missed(party)
        self._paused[party] = (asyncio.ensure_future(self._resume_later(party, for_ms)), event)
        return True

    async def heal(self) -> None:
        """Everybody runs again, now. Raises what kept one from coming back, earlier too."""
        for party in list(self._paused):
            await self._resume(party)
        outages = list(self._down.values())
        for outage in outages:
            outage.over.set()
        await asyncio.gather(*(outage.task for outage in outages if outage.task is not None))
        if self._failures:
            raise self._failures.pop(0)

    async def _suffer(self, party: str, outage: Outage, down_ms: int, *, orderly: bool) -> None:
        """One outage from its beginning to its end."""
        try:
            lost = await self._cut(party, orderly=orderly)
            if lost:
                self._note("crash", party, {"orderly": True} if orderly else None)
            outage.lost.set_result(lost)
            if lost:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._clock.real_s(down_ms)):
                        await outage.over.wait()
                await self._power_on(party)
            await self._accept(party)
            if lost:
                self._note("restart", party)
        except (
            Exception
        ) as error:  # told to whoever asked for the crash; if it has its answer, to the next heal
            if outage.lost.done():
                self._failures.append(error)
            else:
                outage.lost.set_exception(error)
        finally:
            del self._down[party]

    async def _cut(self, party: str, *, orderly: bool) -> bool:
        """Take the power away; False when there was none."""
        if orderly:  # its clean-up may need everybody it is connected to
            stopped = await self._launcher.stop(party)
            self._refuse(party)
        else:
            stopped = self._is_made_at_the_tap(party) or await self._launcher.kill(party)
        if stopped:
            self.disturbed = self.disturbed or self._is_missed(party)
            paused = self._paused.pop(party, None)
            if paused is not None:
                paused[0].cancel()
        return stopped

    async def _power_on(self, party: str) -> None:
        if not self._is_made_at_the_tap(party):
            await self._start_again(party)

    def _is_made_at_the_tap(self, party: str) -> bool:
        """Whether its outage is nothing but that nobody reaches it: its state would survive a power cut."""
        return party in self._externals or party in self._launcher.cannot_crash

    def _is_missed(self, party: str) -> bool:
        """Whether it is the broker, or a member of a group there: only then groups are rebalanced."""
        return party == KAFKA or party in self._members

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
                edge.lose_client()

    async def _accept(self, party: str) -> None:
        for (_, server), edge in self._edges.items():
            if server == party:
                await edge.accept()

    def _note(self, kind: Kind, party: str, value: Json = None) -> None:
        self._history.add(self._clock.now_ms(), kind, party, kind, value)
