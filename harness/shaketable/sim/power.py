"""The power of one simulated run: crashes, orderly restarts and pauses of its parties, and their return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from shaketable.history import History, Json
from shaketable.sim.loop import UNOWNED, SimLoop
from shaketable.sim.process import CLIENT, Incarnation, Process
from shaketable.sim.servers import Servers
from shaketable.sim.wire import Wire


class Power:
    """Cuts the power of parties and brings them back. `start` starts a process; it is called when one returns."""

    def __init__(
        self,
        loop: SimLoop,
        history: History,
        wire: Wire,
        processes: Mapping[str, Process],
        servers: Servers,
        start: Callable[[Process], None],
    ) -> None:
        self._loop = loop
        self._history = history
        self._wire = wire
        self._processes = processes
        self._servers = servers
        self._start = start

    def crash(self, party: str, down_ms: int, *, orderly: bool = False) -> bool:
        """Cut the power; it returns `down_ms` later. False when there is none to cut, and for the client."""
        wire = self._wire
        if party == CLIENT or party in wire.down:
            return False
        if party in self._processes:
            self._lose(self._processes[party])
        elif party in self._servers.names:
            self._servers.lose_power(party)
        else:
            return False
        wire.down.add(party)
        wire.calm = False
        self._note("crash", party, {"orderly": True} if orderly else None)
        wire.reset_connections(party)
        self._loop.call_after(down_ms + wire.timing.start_ms(), self.power_on, party)
        return True

    def power_on(self, party: str) -> None:
        """Bring a party back; without effect if it is up."""
        wire = self._wire
        if party not in wire.down:
            return
        wire.down.discard(party)
        self._note("restart", party)
        if party in self._processes:
            self._start(self._processes[party])
        else:
            self._servers.regain_power(party)
        wire.refresh_calm()

    def restart(self, party: str, down_ms: int) -> bool:
        """Stop a process in order: `stop` runs, tasks are cancelled and clean up, then the process is gone."""
        incarnation = self._running(party)
        if incarnation is None:
            return False
        stopping = incarnation.spawn(_stop(incarnation), f"{party} stop")
        stopping.add_done_callback(lambda _: self._stopped(party, incarnation, down_ms), context=UNOWNED)
        return True

    def pause(self, party: str) -> Incarnation | None:
        """Pause a process and return its incarnation; None if it is down or paused already."""
        incarnation = self._running(party)
        if incarnation is not None:
            incarnation.paused = True
        return incarnation

    def _stopped(self, party: str, incarnation: Incarnation, down_ms: int) -> None:
        if self._processes[party].incarnation is incarnation:
            self.crash(party, down_ms, orderly=True)

    def _running(self, party: str) -> Incarnation | None:
        """Return the incarnation of a process of the system that is up and not paused."""
        process = self._processes.get(party)
        if process is None or party == CLIENT or not process.is_running:
            return None
        return process.incarnation

    def _lose(self, process: Process) -> None:
        incarnation = process.incarnation
        assert incarnation is not None  # it has power
        incarnation.alive = False
        incarnation.backlog.clear()
        process.incarnation = None
        self._servers.process_lost(process.name)

    def _note(self, kind: Literal["crash", "restart"], party: str, value: Json = None) -> None:
        self._history.add(self._loop.virtual_ms, kind, party, kind, value)


async def _stop(incarnation: Incarnation) -> None:
    assert incarnation.service is not None
    try:
        await incarnation.service.stop()
    except Exception:  # a failing shutdown ends in the power cut that follows it anyway
        return
