"""The power of one simulated run: crashes, orderly restarts and pauses of its parties, and their return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from shaketable.history import History, Json
from shaketable.ports import Service
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
            self._processes[party].lose_power()
            self._servers.process_lost(party)
        elif party in self._servers.names:
            self._servers.lose_power(party)
        else:
            return False
        self._note("crash", party, {"orderly": True} if orderly else None)
        wire.disconnect(party)
        self._loop.call_after(down_ms + wire.timing.start_ms(), self.power_on, party)
        return True

    def power_on(self, party: str) -> None:
        """Bring a party back; without effect if it is up."""
        wire = self._wire
        if party not in wire.down:
            return
        wire.reconnect(party)
        self._note("restart", party)
        if party in self._processes:
            self._start(self._processes[party])
        else:
            self._servers.regain_power(party)

    def restart(self, party: str, down_ms: int) -> bool:
        """Stop a process in order: `stop` runs, tasks are cancelled and clean up, then the process is gone."""
        process = self._processes[party]
        incarnation, service = process.incarnation, process.service
        if incarnation is None or service is None or incarnation.paused:
            return False
        stopping = incarnation.spawn(_stop(service), f"{party} stop")
        stopping.add_done_callback(lambda _: self._stopped(party, incarnation, down_ms), context=UNOWNED)
        return True

    def put_out(self, party: str) -> list[str]:
        """Put a party out of its consumer groups, and return their names; it lives, and may join them again."""
        return self._servers.put_out(party)

    def pause(self, party: str) -> Incarnation | None:
        """Pause a process and return its incarnation; None if it is down or paused already."""
        incarnation = self._processes[party].incarnation
        if incarnation is None or incarnation.paused:
            return None
        incarnation.paused = True
        return incarnation

    def _stopped(self, party: str, incarnation: Incarnation, down_ms: int) -> None:
        if self._processes[party].incarnation is incarnation:
            self.crash(party, down_ms, orderly=True)

    def _note(self, kind: Literal["crash", "restart"], party: str, value: Json = None) -> None:
        self._history.add(self._loop.virtual_ms, kind, party, kind, value)


async def _stop(service: Service) -> None:
    try:
        await service.stop()
    except Exception:  # a failing shutdown ends in the power cut that follows it anyway
        return
