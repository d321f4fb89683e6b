"""The launcher of the world `processes`: no Docker, no root, nothing outside one run directory."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path

from shaketable.errors import HarnessError
from shaketable.real import toxiproxy
from shaketable.real.processes import binaries
from shaketable.real.processes.ports import LOOPBACK, Ports
from shaketable.real.processes.postgres import Postgres
from shaketable.real.processes.server_user import server_uid
from shaketable.real.processes.services import ZYGOTE, Services
from shaketable.real.programs import kafka, redis
from shaketable.real.stack.instances import Instances
from shaketable.real.stack.launcher import Address, Needs
from shaketable.real.supervision.child import Child, Ready
from shaketable.real.supervision.program import ENTRY, Program
from shaketable.real.supervision.reaper import Reaper
from shaketable.real.supervision.run_directory import RunDirectory
from shaketable.real.supervision.supervisor import Supervisor
from shaketable.real.supervision.sweep import end_recorded, sweep
from shaketable.real.supervision.zygote_client import ZygoteClient
from shaketable.subject import Part


class ProcessLauncher(Instances):
    """Starts everything as plain local processes (see shaketable.real.stack.launcher.Launcher).

    `entries` are the services' entry points, imported once before the first fork. Use it from one event loop.
    """

    cannot_crash = frozenset({"kafka"})
    """Servers whose crash would lose what they acknowledged, so `kill` leaves them alone: outages at the tap."""

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
            wanted = [self._start_zygote()]
            if needs.postgres:
                wanted.append(self._start_postgres(zygote))
            if needs.redis:
                folder, port, program = self._place("redis")
                wanted.append(
                    self._start_server("redis", redis.command(program, folder, port), redis.answers)
                )
            if needs.kafka:
                _, port, program = self._place("kafka")
                wanted.append(
                    self._start_server("kafka", kafka.command(program, port), kafka.answers, kafka.ENV)
                )
            found = binaries.toxiproxy(self.run_folder, self._uid)
            if found is not None:
                self._opened().folder("toxiproxy", self._uid)
                argv = toxiproxy.command(found, self._ports.take("toxiproxy"))
                wanted.append(self._start_server("toxiproxy", argv, toxiproxy.answers, toxiproxy.ENV))
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
        self._reaper = Reaper("shaketable.real.supervision.sweep:sweep_now")
        run = self._run = RunDirectory()
        zygote = self._zygote = ZygoteClient("supervisor", run.control / "supervisor.sock", run)
        self._supervisor_pid = await self._supervisor.start(zygote.socket, run.log("supervisor"))
        run.record("supervisor", self._supervisor_pid)
        await zygote.open(self._supervisor.has_ended)
        return zygote

    async def _start_zygote(self) -> None:
        assert self._zygote is not None
        self._services = Services(self._zygote, self._supervisor_pid, self._opened(), self._ports)
        await self._services.open(self._entries)

    async def _start_postgres(self, zygote: ZygoteClient) -> None:
        program = binaries.program_of("postgres", self.run_folder, self._uid)
        server = Postgres(
            zygote, self._opened(), self.address("postgres"), program, self._uid, self._supervisor_pid
        )
        self._servers["postgres"] = server
        await server.prepare()
        await server.start()
        await server.wait_ready()

    async def _start_server(
        self, name: str, argv: tuple[str, ...], ready: Ready, env: Mapping[str, str] | None = None
    ) -> None:
        assert self._zygote is not None
        server = Child(name, self._zygote, self._opened(), self.address(name), ready=ready)
        program = Program(argv, str(self.run_folder / name), self._uid, also=dict(env or {}))
        server.set_entry(ENTRY, program.as_env(self._supervisor_pid))
        self._servers[name] = server
        await server.start()
        await server.wait_ready()

    def _place(self, server: str) -> tuple[Path, int, Path]:
        """Make its folder; return the folder, its port and its program."""
        program = binaries.program_of(server, self.run_folder, self._uid)
        return self._opened().folder(server, self._uid), self._ports.take(server), program

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
