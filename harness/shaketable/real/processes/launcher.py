"""The launcher of the world `processes`: no Docker, no root, nothing outside one run directory."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path

from shaketable.errors import HarnessError, UsageError
from shaketable.real import toxiproxy
from shaketable.real.processes import binaries
from shaketable.real.processes.loopback_ports import LOOPBACK, Ports
from shaketable.real.processes.server_place import ServerPlace, as_process
from shaketable.real.processes.server_user import server_uid
from shaketable.real.processes.services import ZYGOTE, Services
from shaketable.real.servers.registry import cut_off_only, kind_of
from shaketable.real.stack.instances import Instances
from shaketable.real.stack.launcher import Address, Needs
from shaketable.real.supervision.child import Child
from shaketable.real.supervision.reaper import Reaper
from shaketable.real.supervision.run_directory import RunDirectory
from shaketable.real.supervision.supervisor_client import Supervisor
from shaketable.real.supervision.sweep import end_recorded, sweep
from shaketable.real.supervision.zygote_client import ZygoteClient
from shaketable.subject import Part, Server

_CALM_S = 1.5
"""Nothing comes into being once the command is dead; only a folder that was being made is not taken for left at once."""


class ProcessLauncher(Instances):
    """Starts everything as plain local processes (see shaketable.real.stack.launcher.Launcher).

    `entries` are the services' entry points, imported once before the first fork. Use it from one event loop.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._entries = tuple(entries)
        self._uid = server_uid()
        self._has_toxiproxy = binaries.has_toxiproxy()
        self._ports = Ports()
        self._supervisor = Supervisor()
        self._supervisor_pid = 0
        self._reaper: Reaper | None = None
        self._run: RunDirectory | None = None
        self._zygote: ZygoteClient | None = None  # the supervisor's own, which forks the servers
        self._services: Services | None = None
        self._servers: dict[str, Child] = {}

    @property
    def tap_host(self) -> str:
        return LOOPBACK

    @property
    def has_toxiproxy(self) -> bool:
        return self._has_toxiproxy

    @property
    def run_folder(self) -> Path:
        """The folder of data and logs until `close`."""
        return self._opened().path

    async def start_servers(self, needs: Needs) -> None:
        """Start what `needs` names, Toxiproxy if it is here, and the services' zygote; wait until all answer.

        What a dead command left is swept first. When anything fails, everything is ended again.
        """
        try:
            await sweep()
            zygote = await self._open()
            self.cannot_crash = cut_off_only(needs.servers)
            wanted = [
                self._start_zygote(),
                *(self._start_server(server, zygote) for server in needs.servers),
            ]
            found = binaries.toxiproxy(self.run_folder, self._uid)
            if found is not None:
                wanted.append(self._start_toxiproxy(found, zygote))
            await _all(wanted)
        except BaseException:  # Ctrl-C too: nothing may stay behind
            await self.close()
            raise

    def address(self, party: str) -> Address:
        """Return its address, fixed from the first time it is asked for, also before the party's start."""
        return LOOPBACK, self._ports.take(party)

    def toxiproxy_api(self) -> Address:
        if not self.has_toxiproxy:
            raise HarnessError("toxiproxy-server is not on PATH, so byte-level faults cannot be done here")
        return self.address("toxiproxy")

    def toxiproxy_listen(self, n: int) -> tuple[Address, Address]:
        address = self.address(f"toxiproxy {n}")
        return address, address

    async def start_service(self, part: Part, env: Mapping[str, str]) -> None:
        if self._services is None:
            raise HarnessError(f"{part.name} cannot start before the servers: call start_servers first")
        if not part.entry and not part.is_black_box:
            raise HarnessError(
                f"{part.name} has no entry: a real world starts Part.entry, 'package.module:callable'"
            )
        await self._services.start(part, env)

    def clock_offset_file(self, service: str) -> str:
        return str(self.run_folder / f"{service}.clock-offset")

    async def close(self) -> None:
        """End everything at once, and leave no folder, socket, port or shared memory. Safe to call again."""
        with contextlib.suppress(HarnessError):  # a supervisor that is gone has taken all of them along
            await self._end_by_name()
        await self._supervisor.close()
        if self._run is not None:
            await end_recorded(self._run.path)
            self._run.remove()
        self._ports.close()
        if self._reaper is not None:
            self._reaper.dismiss()
        self._run = self._zygote = self._services = None
        self._servers.clear()

    async def _end_by_name(self) -> None:
        """End each by its parent, which also reaps it."""
        if self._services is not None:
            await self._services.close()
        if self._zygote is not None:
            for server in self._servers.values():
                await server.kill()
            await self._zygote.signal(ZYGOTE, signal.SIGKILL)
            self._zygote.close()

    async def _open(self) -> ZygoteClient:
        if self._run is not None:
            raise HarnessError("the servers are started already: one launcher is one run")
        self._reaper = Reaper("shaketable.real.supervision.sweep:sweep_now", calm_s=_CALM_S)
        run = self._run = RunDirectory()
        zygote = self._zygote = ZygoteClient("supervisor", run.control / "supervisor.sock", run)
        self._supervisor_pid = await self._supervisor.start(run.path, zygote.socket, run.log("supervisor"))
        run.record("supervisor", self._supervisor_pid)
        await zygote.open(self._supervisor.has_ended)
        return zygote

    async def _start_zygote(self) -> None:
        assert self._zygote is not None
        self._services = Services(self._zygote, self._supervisor_pid, self._opened(), self._ports)
        await self._services.open(self._entries)

    async def _start_server(self, server: Server, zygote: ZygoteClient) -> None:
        starter = as_process(kind_of(server.protocol))
        if starter is None:
            raise UsageError(f"{server.name} speaks {server.protocol}, which this world cannot start")
        self._servers[server.name] = await starter.start(self._place(server.name, zygote))

    async def _start_toxiproxy(self, program: Path, zygote: ZygoteClient) -> None:
        place = self._place("toxiproxy", zygote)
        argv = toxiproxy.command(program, place.port)
        self._servers["toxiproxy"] = await place.start(argv, toxiproxy.answers, toxiproxy.ENV)

    def _place(self, name: str, zygote: ZygoteClient) -> ServerPlace:
        return ServerPlace(name, self.address(name), zygote, self._opened(), self._uid, self._supervisor_pid)

    def _opened(self) -> RunDirectory:
        if self._run is None:
            raise HarnessError("nothing is started: call start_servers first")
        return self._run

    def _instance(self, party: str) -> Child:
        found = self._servers.get(party) or (self._services and self._services.find(party))
        if not found:
            raise HarnessError(
                f"{party} was never started; there are {', '.join(sorted(self._servers)) or 'no servers'}"
            )
        return found


async def _all(starting: list[Coroutine[None, None, None]]) -> None:
    """Start all at once; when one fails the others are cancelled, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in starting:
                group.create_task(one)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
