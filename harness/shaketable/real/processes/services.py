"""The services under test: forked on demand from one zygote that has imported them all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping

from shaketable.errors import HarnessError, PartNotStarted, UsageError
from shaketable.real.processes.http import status_of
from shaketable.real.processes.ports import LOOPBACK, Ports
from shaketable.real.supervision.child import Child
from shaketable.real.supervision.program import ENTRY, Program
from shaketable.real.supervision.run_directory import RunDirectory
from shaketable.real.supervision.supervisor import python_env
from shaketable.real.supervision.zygote_client import Family
from shaketable.subject import Part

ZYGOTE = "services"


class Services:
    """Every service of the system, by name, at the port it keeps."""

    def __init__(self, warden: Family, warden_pid: int, run: RunDirectory, ports: Ports) -> None:
        self._warden = warden
        self._warden_pid = warden_pid
        self._run = run
        self._ports = ports
        self._family = Family(ZYGOTE, run.control / "services.sock", run)
        self._services: dict[str, Child] = {}

    async def open(self, entries: Iterable[str]) -> None:
        """Start the zygote, which imports the modules of `entries` once; PartNotStarted with its log if it cannot.

        It stays the user that we are, since it reads the user's own code, but without any capability of root.
        """
        modules = sorted({entry.partition(":")[0] for entry in entries if entry})
        argv = (sys.executable, "-m", "shaketable.real.zygote", str(self._family.socket), *modules)
        zygote = Program(argv, os.getcwd(), env={**os.environ, **python_env()})
        await self._warden.start(ZYGOTE, ENTRY, zygote.as_env(self._warden_pid))

        async def has_ended() -> bool:
            return await self._warden.pid(ZYGOTE) is None

        try:
            await self._family.open(has_ended)
        except HarnessError as error:
            if not modules or not await has_ended():
                raise
            head, *log = str(error).splitlines()
            raise PartNotStarted(f"importing {', '.join(modules)} failed: {head}", log) from error

    async def start(self, part: Part, env: Mapping[str, str]) -> None:
        """Fork `part`, given `env` and where it listens; a black box is executed with `env` and nothing else."""
        service = self._services.get(part.name)
        if service is None:
            family = self._warden if part.is_black_box else self._family
            address = (LOOPBACK, self._ports.take(part.name))
            service = self._services[part.name] = Child(part.name, family, self._run, address)
        if part.is_black_box:
            program = Program(_found(part), part.folder or os.getcwd(), env=dict(env))
            service.becomes(ENTRY, program.as_env(self._warden_pid))
        else:
            own = {"SERVICE_NAME": part.name, "HTTP_HOST": LOOPBACK, "HTTP_PORT": str(service.address[1])}
            service.becomes(part.entry, {**part.env, **env, **own})
        await service.start()

    def find(self, name: str) -> Child | None:
        return self._services.get(name)

    async def wait_healthy(self, name: str, *, within_s: float) -> None:
        """Wait for 200 from /healthz; HarnessError with its log when it ends or the time is over."""
        service = self._services[name]

        async def healthy() -> bool:
            try:
                return await status_of(*service.address, "/healthz") == 200
            except OSError:
                return False

        await service.wait_for(healthy, within_s=within_s, what=f"{name} to be healthy")

    async def close(self) -> None:
        """End every service and hang up."""
        for service in self._services.values():
            await service.kill()
        self._family.close()


def _found(part: Part) -> tuple[str, ...]:
    """Its command, with the program's place on our PATH: its own environment may name none."""
    if not part.command:
        raise UsageError(
            f"{part.name} has an image but no command, and the world processes runs Part.command"
        )
    program = shutil.which(part.command[0])
    if program is None:
        raise UsageError(f"{part.name} cannot be run: there is no program {part.command[0]} here")
    return (program, *part.command[1:])
