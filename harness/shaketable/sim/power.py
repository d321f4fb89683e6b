"""The parties of one simulated run: processes, servers and external parties, and their power."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from shaketable.history import History, Json
from shaketable.ports import Response
from shaketable.sim.http import SimRequest, SimResponse
from shaketable.sim.loop import UNOWNED, SimLoop
from shaketable.sim.process import Incarnation, Process
from shaketable.sim.wire import Wire
from shaketable.subject import ExternalParty

CLIENT = "client"


class PartyServer:
    """Something that is no process of the subject: database server, broker, cache or external party."""

    __slots__ = ("down", "name", "on_crash", "on_return")

    def __init__(self, name: str, on_crash: Callable[[], None], on_return: Callable[[], None]) -> None:
        self.name = name
        self.down = False
        self.on_crash = on_crash
        self.on_return = on_return


class Parties:
    """Who exists, who is up, and how power is cut and comes back. Fits `shaketable.sim.wire.Power`."""

    def __init__(self, loop: SimLoop, history: History) -> None:
        self._loop = loop
        self._history = history
        self.wire: (
            Wire  # set by the session: the wire asks the parties for their power and they reset its answers
        )
        self.processes: dict[str, Process] = {}
        self.servers: dict[str, PartyServer] = {}
        self.externals: dict[str, ExternalParty] = {}
        self.start: Callable[[Process], None]
        self.on_process_lost: Callable[[Incarnation], None]
        self._down = 0

    # -- requests ----------------------------------------------------------------------------------------

    def serve(self, name: str, request: SimRequest) -> Response | asyncio.Future[Response]:
        """Give `request` to the party `name`; the wire has checked that it is up."""
        external = self.externals.get(name)
        if external is not None:
            return external.handle(request)
        incarnation = self.processes[name].incarnation
        assert incarnation is not None
        return incarnation.spawn(_handle(incarnation, request), f"{name} {request.method} {request.path}")

    # -- power -------------------------------------------------------------------------------------------

    def is_down(self, party: str) -> bool:
        if party in self.processes:
            return self.processes[party].incarnation is None
        return self.servers[party].down

    def crash(self, party: str, down_ms: int, *, orderly: bool = False) -> bool:
        """Cut the power; False when there is none to cut. The client belongs to the harness and stays up."""
        if party == CLIENT:
            return False
        if party in self.processes:
            lost = self._lose(self.processes[party])
        elif party in self.servers and not self.servers[party].down:
            self.servers[party].down = lost = True
            self.servers[party].on_crash()
        else:
            return False
        if lost:
            self._down += 1
            self.wire.calm = False
            self._note("crash", party, {"orderly": True} if orderly else None)
            self.wire.lose_power(party)
            self._loop.call_after(down_ms + self.wire.start_ms(), self.power_on, party)
        return lost

    def power_on(self, party: str) -> None:
        """Bring a party back; nothing if it is up."""
        if not self.is_down(party):
            return
        self._down -= 1
        self._note("restart", party)
        if party in self.processes:
            self.start(self.processes[party])
        else:
            self.servers[party].down = False
            self.servers[party].on_return()
        self.refresh_calm()

    def restart(self, party: str, down_ms: int) -> bool:
        """An orderly stop: `stop` runs, tasks are cancelled and clean up, then the process is gone."""
        process = self.processes.get(party)
        if process is None or party == CLIENT or process.incarnation is None or process.incarnation.paused:
            return False
        incarnation = process.incarnation
        assert incarnation.service is not None
        stopping = incarnation.spawn(_stop(incarnation), f"{party} stop")
        stopping.add_done_callback(lambda _: self._stopped(process, incarnation, down_ms), context=UNOWNED)
        return True

    def _stopped(self, process: Process, incarnation: Incarnation, down_ms: int) -> None:
        if process.incarnation is incarnation:
            self.crash(process.name, down_ms, orderly=True)

    def pause(self, party: str) -> bool:
        process = self.processes.get(party)
        if process is None or party == CLIENT or process.incarnation is None or process.incarnation.paused:
            return False
        process.incarnation.paused = True
        return True

    def resume(self, incarnation: Incarnation) -> None:
        if incarnation.alive and incarnation.paused:
            self._loop.resume(incarnation)

    def refresh_calm(self) -> None:
        self.wire.calm = not self._down and not self.wire.links and self.wire.chance is None

    def _lose(self, process: Process) -> bool:
        incarnation = process.incarnation
        if incarnation is None:
            return False
        incarnation.alive = False
        incarnation.backlog.clear()
        process.incarnation = None
        self.on_process_lost(incarnation)
        return True

    def _note(self, kind: Any, party: str, value: Json = None) -> None:
        self._history.add(self._loop.now_ms, kind, party, kind, value)


async def _handle(incarnation: Incarnation, request: SimRequest) -> Response:
    assert incarnation.service is not None
    try:
        return await incarnation.service.handle(request)
    except Exception as error:  # as every HTTP server does: a handler that raises answers 500
        return SimResponse(500, {"error": f"{type(error).__name__}: {error}"})


async def _stop(incarnation: Incarnation) -> None:
    assert incarnation.service is not None
    try:
        await incarnation.service.stop()
    except Exception:  # a failing shutdown ends in the power cut that follows it anyway
        return
