"""The services under test: forked on demand from one zygote that has imported them all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping

from shaketable.errors import HarnessError, PartNotStarted, UsageError
from shaketable.real.processes.loopback_ports import LOOPBACK, Ports
from shaketable.real.stack.readiness import accepts, runs
from shaketable.real.supervision.child import Child
from shaketable.real.supervision.program import ENTRY, Program
from shaketable.real.supervision.run_directory import RunDirectory
from shaketable.real.supervision.supervisor_client import python_env
from shaketable.real.supervision.zygote_client import ZygoteClient
from shaketable.subject import Part

ZYGOTE = "services"


class Services:
    """Every service of the system, by name, at the port it keeps. `supervisor` forks their zygote and black boxes."""

    def __init__(
        self, supervisor: ZygoteClient, supervisor_pid: int, run: RunDirectory, ports: Ports
    ) -> None:
        self._supervisor = supervisor
        self._supervisor_pid = supervisor_pid
        self._run = run
        self._ports = ports
        self._zygote = ZygoteClient(ZYGOTE, run.control / "services.sock", run)
        self._services: dict[str, Child] = {}

    async def open(self, entries: Iterable[str]) -> None:
        """Start the zygote, which imports the modules of `entries` once; PartNotStarted with its log if it cannot.

        It stays the user that we are, since it reads the user's own code, but without any capability of root.
        """
        modules = sorted({entry.partition(":")[0] for entry in entries if entry})
        argv = (sys.executable, "-m", "shaketable.real.zygote", str(self._zygote.socket), *modules)
        zygote = Program(argv, os.getcwd(), env={**os.environ, **python_env()})
        await self._supervisor.start(ZYGOTE, ENTRY, zygote.as_env(self._supervisor_pid))

        async def has_ended() -> bool:
            return await self._supervisor.pid(ZYGOTE) is None

        try:
            await self._zygote.open(has_ended)
        except HarnessError as error:
            if not modules or not await has_ended():
                raise
            head, *log = str(error).splitlines()
            raise PartNotStarted(f"importing {', '.join(modules)} failed: {head}", log) from error

    async def start(self, part: Part, env: Mapping[str, str]) -> None:
        """Fork `part`, given `env` and where it listens; a black box is executed with `env`, and its run's name."""
        service = self._services.get(part.name)
        if service is None:
            zygote = self._supervisor if part.is_black_box else self._zygote
            address = (LOOPBACK, self._ports.take(part.name))
            service = self._services[part.name] = Child(
                part.name,
                zygote,
                self._run,
                address,
                ready=runs if part.group or part.ready == "none" else accepts,
            )
        if part.is_black_box:
            program = Program(_command_of(part), part.folder or os.getcwd(), env=dict(env))
            service.set_entry(ENTRY, program.as_env(self._supervisor_pid))
        else:
            own = {"SERVICE_NAME": part.name, "HTTP_HOST": LOOPBACK, "HTTP_PORT": str(service.address[1])}
            service.set_entry(part.entry, {**part.env, **env, **own})
        await service.start()

    def find(self, name: str) -> Child | None:
        return self._services.get(name)

    async def close(self) -> None:
        """End every service and hang up."""
        for service in self._services.values():
            await service.kill()
        self._zygote.close()


def _command_of(part: Part) -> tuple[str, ...]:
    """Return its command, with the program's place on our PATH: its own environment may name none."""
    if not part.command:
        raise UsageError(
            f"{part.name} has an image but no command, and the world processes runs Part.command"
        )
    program = shutil.which(part.command[0])
    if program is None:
        raise UsageError(f"{part.name} cannot be run: there is no program {part.command[0]} here")
    return (program, *part.command[1:])
