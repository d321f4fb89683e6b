"""The launcher of the world `processes`: no Docker, no root, nothing outside one run directory."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path

from shaketable.errors import HarnessError
from shaketable.real.processes import binaries, toxiproxy
from shaketable.real.processes.ports import LOOPBACK, Ports
from shaketable.real.processes.postgres import Postgres
from shaketable.real.processes.server_user import server_uid
from shaketable.real.processes.services import ZYGOTE, Services
from shaketable.real.servers import kafka, redis
from shaketable.real.stack.instances import Parties
from shaketable.real.stack.launcher import Address, Needs
from shaketable.real.supervision.child import Child, Ready
from shaketable.real.supervision.program import ENTRY, Program
from shaketable.real.supervision.reaper import Undertaker
from shaketable.real.supervision.run_directory import RunDirectory
from shaketable.real.supervision.supervisor import Warden
from shaketable.real.supervision.sweep import end_recorded, sweep
from shaketable.real.supervision.zygote_client import Family
from shaketable.subject import Part

_HEALTHY_WITHIN_S = 20


class ProcessLauncher(Parties):
    """Starts everything as plain local processes (see shaketable.real.stack.launcher.Launcher).

    `entries` are the services' entry points, imported once before the first fork. Use it from one event loop.
    """

    cannot_crash = frozenset({"kafka"})
    """Servers whose crash would lose what they acknowledged, so `kill` leaves them alone: outages at the tap."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._entries = tuple(entries)
        self._uid = server_uid()
        self._toxiproxy = shutil.which(binaries.TOXIPROXY) is not None
        self._ports = Ports()
        self._warden = Warden()
        self._warden_pid = 0
        self._undertaker: Undertaker | None = None
        self._run: RunDirectory | None = None
        self._family: Family | None = None
        self._services: Services | None = None
        self._servers: dict[str, Child] = {}

    @property
    def tap_host(self) -> str:
        return LOOPBACK

    @property
    def has_toxiproxy(self) -> bool:
        return self._toxiproxy

    @property
    def run_folder(self) -> Path:
        """Where data and logs are until `close`."""
        return self._opened().path

    async def start_servers(self, needs: Needs) -> None:
        """Start what `needs` names, Toxiproxy if it is here, and the services' zygote; wait until all answer.

        What a dead command left is swept first. When anything fails, everything is ended again.
        """
        try:
            await sweep()
            family = await self._open()
            wanted = [self._start_zygote()]
            if needs.postgres:
                wanted.append(self._start_postgres(family))
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
        """Fixed from the first time it is asked for, also before the party's start."""
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

    async def wait_healthy(self, service: str, *, within_s: float = _HEALTHY_WITHIN_S) -> None:
        """Wait for its /healthz, past the tap; HarnessError with the log's last lines when it ended or is late."""
        if self._services is None or self._services.find(service) is None:
            raise HarnessError(f"{service} was never started")
        await self._services.wait_healthy(service, within_s=within_s)

    def clock_offset_file(self, service: str) -> str:
        return str(self.run_folder / f"{service}.clock-offset")

    async def close(self) -> None:
        """End everything at once, and leave no folder, socket, port or shared memory. Safe to call again."""
        with contextlib.suppress(HarnessError):  # a warden that is gone has taken all of them along
            await self._end_by_name()
        await self._warden.close()
        if self._run is not None:
            await end_recorded(self._run.path)
            self._run.remove()
        self._ports.close()
        if self._undertaker is not None:
            self._undertaker.dismiss()
        self._run = self._family = self._services = None
        self._servers.clear()

    async def _end_by_name(self) -> None:
        """Each by its parent, which also reaps it."""
        if self._services is not None:
            await self._services.close()
        if self._family is not None:
            for server in self._servers.values():
                await server.kill()
            await self._family.signal(ZYGOTE, signal.SIGKILL)
            self._family.close()

    async def _open(self) -> Family:
        if self._run is not None:
            raise HarnessError("the servers are started already: one launcher is one run")
        self._undertaker = Undertaker("shaketable.real.supervision.sweep:sweep_now")
        run = self._run = RunDirectory()
        family = self._family = Family("warden", run.control / "warden.sock", run)
        self._warden_pid = await self._warden.start(family.socket, run.log("warden"))
        run.record("warden", self._warden_pid)
        await family.open(self._warden.has_ended)
        return family

    async def _start_zygote(self) -> None:
        assert self._family is not None
        self._services = Services(self._family, self._warden_pid, self._opened(), self._ports)
        await self._services.open(self._entries)

    async def _start_postgres(self, family: Family) -> None:
        program = binaries.program_of("postgres", self.run_folder, self._uid)
        server = Postgres(
            family, self._opened(), self.address("postgres"), program, self._uid, self._warden_pid
        )
        self._servers["postgres"] = server
        await server.prepare()
        await server.start()
        await server.wait_ready()

    async def _start_server(
        self, name: str, argv: tuple[str, ...], ready: Ready, env: Mapping[str, str] | None = None
    ) -> None:
        assert self._family is not None
        server = Child(name, self._family, self._opened(), self.address(name), ready=ready)
        program = Program(argv, str(self.run_folder / name), self._uid, also=dict(env or {}))
        server.becomes(ENTRY, program.as_env(self._warden_pid))
        self._servers[name] = server
        await server.start()
        await server.wait_ready()

    def _place(self, server: str) -> tuple[Path, int, Path]:
        """Its folder, port and program."""
        program = binaries.program_of(server, self.run_folder, self._uid)
        return self._opened().folder(server, self._uid), self._ports.take(server), program

    def _opened(self) -> RunDirectory:
        if self._run is None:
            raise HarnessError("nothing is started: call start_servers first")
        return self._run

    def _party(self, name: str) -> Child:
        found = self._servers.get(name) or (self._services and self._services.find(name))
        if not found:
            raise HarnessError(
                f"{name} was never started; there are {', '.join(sorted(self._servers)) or 'no servers'}"
            )
        return found


async def _all(starting: list[Coroutine[None, None, None]]) -> None:
    """All at once; when one fails the others are cancelled, and its error is the one that is told."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in starting:
                group.create_task(one)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
