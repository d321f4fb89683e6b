"""The place of a server in the world `processes`: its folder, port and program, and the start of it as a child."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shaketable.entry_point import load
from shaketable.real.processes.binaries import Wheel, program_of
from shaketable.real.servers.server_kind import ServerKind
from shaketable.real.stack.launcher import Address
from shaketable.real.supervision.child import Child, Ready
from shaketable.real.supervision.program import ENTRY, Program
from shaketable.real.supervision.run_directory import RunDirectory
from shaketable.real.supervision.zygote_client import ZygoteClient


class ServerPlace:
    """What a starter is given for the server `name`. Everything it starts is a child of the launcher's supervisor.

    The server runs as the user `uid`, if the harness runs as root. A starter whose program that user cannot reach may set
    it to None, before it asks for the folder.
    """

    def __init__(
        self,
        name: str,
        address: Address,
        zygote: ZygoteClient,
        run: RunDirectory,
        uid: int | None,
        supervisor_pid: int,
    ) -> None:
        self.name = name
        self.address = address
        self.zygote = zygote
        self.run = run
        self.uid = uid
        self.supervisor_pid = supervisor_pid
        self._folder: Path | None = None

    @property
    def port(self) -> int:
        return self.address[1]

    def folder(self) -> Path:
        """Return the folder of the server, which its user may write to; it is made the first time."""
        if self._folder is None:
            self._folder = self.run.folder(self.name, self.uid)
        return self._folder

    def program(self, wheel: Wheel) -> Path:
        """Return the program that `wheel` carries, where the server's user can run it; HarnessError without it."""
        return program_of(wheel, self.run.path, self.uid)

    async def start(self, argv: tuple[str, ...], ready: Ready, env: Mapping[str, str] | None = None) -> Child:
        """Start `argv` in the server's folder and wait until it is ready."""
        folder = self.folder()
        server = Child(self.name, self.zygote, self.run, self.address, ready=ready)
        program = Program(argv, str(folder), self.uid, also=dict(env or {}))
        server.set_entry(ENTRY, program.as_env(self.supervisor_pid))
        await server.start()
        await server.wait_ready()
        return server


@dataclass(frozen=True, slots=True)
class AsProcess:
    """The start of a kind of server: `start` makes and starts it; `wheel` carries its program, if a wheel does."""

    start: Callable[[ServerPlace], Awaitable[Child]]
    wheel: Wheel | None = None


def as_process(kind: ServerKind) -> AsProcess | None:
    """Return how this world starts a server of `kind`; None if it cannot."""
    if not kind.as_process:
        return None
    found: AsProcess = load(kind.as_process)
    return found
