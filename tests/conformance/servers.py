"""Real servers on loopback for one test session: started here, ended here, nothing left behind."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import asyncpg

from shaketable.real.processes.binaries import Wheel, program_of
from shaketable.real.processes.data_folder import INITDB
from shaketable.real.processes.postgres import SETTINGS
from shaketable.real.processes.server_place import as_process
from shaketable.real.processes.server_user import server_uid
from shaketable.real.programs import kafka, redis
from shaketable.real.servers.registry import KINDS

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)

# A waiting statement says so to its client as soon as it has looked for a deadlock: see `sessions`.
_POSTGRES = {
    **SETTINGS,
    "track_commit_timestamp": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "deadlock_timeout": "1ms",
    "log_lock_waits": "on",
    "client_min_messages": "log",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}


class Server:
    """One process in a folder of its own, run by the user nobody if we are root. It dies with the thread that made it."""

    def __init__(self, name: str, folder: Path, ready_within_s: float = 30) -> None:
        self.name = name
        self.folder = folder
        self.port = free_port()
        self.pid = 0
        self._ready_within_s = ready_within_s
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self, argv: Sequence[str], answers: Callable[[int], bool], env: Mapping[str, str] | None = None
    ) -> None:
        """Run it until `answers(port)`; AssertionError with the end of its log when it ends or stays silent."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, **self._as_other(env))
        self.pid = self._process.pid
        until = time.monotonic() + self._ready_within_s
        while not answers(self.port):
            ended = self._process.poll() is not None
            assert not ended, f"{self.name} ended at once: {self._log_tail()}"
            assert time.monotonic() < until, f"{self.name} does not answer: {self._log_tail()}"
            _pause()

    def run(self, argv: Sequence[str]) -> None:
        """Run a program of this server to its end."""
        with self._log.open("ab") as log:
            done = subprocess.run(argv, stdout=log, stderr=log, **self._as_other(None))
        assert done.returncode == 0, f"{argv[0]}: {self._log_tail()}"

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(by)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _log_tail(self) -> str:
        return self._log.read_text(errors="replace")[-1500:]

    def _as_other(self, env: Mapping[str, str] | None) -> dict[str, object]:
        uid = server_uid()
        other = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        plain = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.folder)}
        return {
            "cwd": self.folder,
            "env": {**plain, **(env or {})},
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            "preexec_fn": _die_with_parent,
            **other,
        }


def wheel_of(server: str) -> Wheel:
    """Return the wheel that carries the program of `server`."""
    found = next(as_process(kind) for kind in KINDS.values() if kind.name == server)
    assert found is not None
    assert found.wheel is not None
    return found.wheel


def new_folder(name: str) -> Path:
    """Make a fresh folder that the servers' user owns, in memory if there is such a place."""
    memory = Path("/dev/shm")
    root = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix=f"shaketable-conformance-{name}-", dir=root))
    uid = server_uid()
    if uid is not None:
        os.chown(folder, uid, uid)
    folder.chmod(0o755)
    return folder


def postgres(folder: Path) -> Server:
    """Run PostgreSQL; its superuser is `postgres`, its database too."""
    server = Server("postgres", folder)
    program = program_of(wheel_of("postgres"), folder, server_uid())
    data = folder / "data"
    server.run([str(program.with_name("initdb")), *INITDB, "-D", str(data)])
    settings = {**_POSTGRES, "port": str(server.port)}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server.start([str(program), "-D", str(data), *words], lambda port: asyncio.run(_lets_in(port)))
    return server


def valkey(folder: Path) -> Server:
    server = Server("valkey", folder)
    server.start(
        redis.command(program_of(wheel_of("redis"), folder, server_uid()), folder, server.port),
        listens,
    )
    return server


def tansu(folder: Path) -> Server:
    server = Server("tansu", folder)
    server.start(kafka.command(program_of(wheel_of("kafka"), folder, server_uid()), server.port), listens)
    return server


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def _lets_in(port: int) -> bool:
    try:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=port, user="postgres", database="postgres", ssl=False
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # it is still starting
        return False
    await connection.close()
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _pause() -> None:
    """Wait between two looks at a condition."""
    signal.sigtimedwait([], 0.01)


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
