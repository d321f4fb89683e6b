"""Power of the real parties: killed, paused and brought back, while their edges refuse what cannot be served."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Container, Mapping

from shaketable.history import History, Json, Kind
from shaketable.real.clock import RunClock
from shaketable.real.stack.external_server import ExternalServer
from shaketable.real.stack.launcher import Launcher
from shaketable.real.tap.edge import Edge

CLIENT = "client"


class Outage:
    """A party that is down: whether it lost power indeed, and what ends the outage before its time."""

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
        with_groups: Container[str] = (),
    ) -> None:
        self._launcher = launcher
        self._edges = edges
        self._externals = externals
        self._start_again = start_again
        self._with_groups = with_groups
        self._down: dict[str, Outage] = {}
        self._failures: list[Exception] = []
        self._paused: dict[str, tuple[asyncio.Task[None], int]] = {}
        self.groups_may_rebalance = False  # the broker or a member of a group was down or paused in this run

    def begin(
        self,
        clock: RunClock,
        history: History,
        members: Container[str] = (),
        *,
        groups_may_rebalance: bool = False,
    ) -> None:
        """Begin a new run.

        `members` are the clients that the broker would miss; `groups_may_rebalance`: services were killed just now.
        """
        self._members = members
        self._clock = clock
        self._history = history
        self.groups_may_rebalance = groups_may_rebalance

    def is_down(self, party: str) -> bool:
        """Tell whether a fault has taken its power, so that it does not run."""
        return party in self._down and not self._is_cut_off_only(party)

    async def crash(self, party: str, down_ms: int, *, orderly: bool = False) -> bool:
        """Cut the power of `party`; it returns `down_ms` later. False when it is down, or is the client."""
        if party == CLIENT or party in self._down:
            return False
        outage = self._down[party] = Outage()
        if not orderly:
            self._refuse(party)  # now: not one message more
        outage.task = asyncio.ensure_future(self._run_outage(party, outage, down_ms, orderly=orderly))
        outage.task.add_done_callback(lambda _: outage.lost.cancel())  # if it was cancelled, `lost` is open
        return await asyncio.shield(outage.lost)  # the launcher gives up what does not let itself be ended

    async def pause(self, party: str, for_ms: int, event: int) -> bool:
        """Let the process stand still for `for_ms`; False when it does already, is down or does not run."""
        if party in self._paused or party in self._down or not await self._launcher.pause(party):
            return False
        self._note_absence(party)
        self._paused[party] = (asyncio.ensure_future(self._resume_later(party, for_ms)), event)
        return True

    async def heal(self) -> None:
        """Let every party run again, now. Raises the error that kept one from coming back, an earlier one too."""
        for party in list(self._paused):
            await self._resume(party)
        outages = list(self._down.values())
        for outage in outages:
            outage.over.set()
        # No limit of its own: of a start its launcher names what it waits for, and the run gives all faults one.
        await asyncio.gather(*(outage.task for outage in outages if outage.task is not None))
        if self._failures:
            raise self._failures.pop(0)

    async def _run_outage(self, party: str, outage: Outage, down_ms: int, *, orderly: bool) -> None:
        """Take one outage from its beginning to its end."""
        try:
            lost = await self._power_off(party, orderly=orderly)
            if lost:
                self._record("crash", party, {"orderly": True} if orderly else None)
            outage.lost.set_result(lost)
            if lost:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._clock.real_s(down_ms)):
                        await outage.over.wait()
                await self._power_on(party)
            await self._accept(party)
            if lost:
                self._record("restart", party)
        except (
            Exception
        ) as error:  # raised by the crash that was asked for; if that is answered, by the next heal
            if outage.lost.done():
                self._failures.append(error)
            else:
                outage.lost.set_exception(error)
        finally:
            del self._down[party]

    async def _power_off(self, party: str, *, orderly: bool) -> bool:
        """Take the power away; return False when there was none."""
        if orderly:  # its clean-up may need every party it is connected to
            stopped = await self._launcher.stop(party)
            self._refuse(party)
        else:
            stopped = self._is_cut_off_only(party) or await self._launcher.kill(party)
        if stopped:
            self._note_absence(party)
            paused = self._paused.pop(party, None)
            if paused is not None:
                paused[0].cancel()
        return stopped

    async def _power_on(self, party: str) -> None:
        if not self._is_cut_off_only(party):
            await self._start_again(party)

    def _is_cut_off_only(self, party: str) -> bool:
        """Tell whether its outage is made at the tap alone, since its state would survive a power cut."""
        return party in self._externals or party in self._launcher.cannot_crash

    def _note_absence(self, party: str) -> None:
        """Note an outage or pause: only one of the broker, or of a member of a group there, makes groups rebalance."""
        if party in self._with_groups or party in self._members:
            self.groups_may_rebalance = True

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
        self._history.add(self._clock.elapsed_ms(), "heal", party, "pause", None, event)

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

    def _record(self, kind: Kind, party: str, value: Json = None) -> None:
        self._history.add(self._clock.elapsed_ms(), kind, party, kind, value)
