"""The contract of the launcher of any real world, told once: each story leaves everything running."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import httpx

from shaketable.errors import HarnessError
from shaketable.real.bounded_waits import wait_until
from shaketable.real.stack.launcher import Launcher
from shaketable.real.stack.readiness import accepts, status_of
from shaketable.subject import Part


def service(name: str, entry: str = "tests.processes.tiny_service:serve") -> Part:
    """Make a part that only a real world can start."""

    def unused(_: object) -> object:
        raise AssertionError("real worlds start the entry")

    return Part(name, unused, entry=entry)  # type: ignore[arg-type]


async def connect(launcher: Launcher) -> asyncpg.Connection[asyncpg.Record]:
    host, port = launcher.address("postgres")
    return await asyncpg.connect(host=host, port=port, user="postgres", database="postgres", ssl=False)


async def greeting(launcher: Launcher, name: str = "payment") -> str:
    """Return what the tiny service says now; httpx.ReadTimeout while it stands still."""
    host, port = launcher.address(name)
    async with httpx.AsyncClient() as client:
        return (await client.get(f"http://{host}:{port}/", timeout=2)).text


async def wait_healthy(launcher: Launcher, name: str) -> None:
    """Wait for its /healthz, past the tap; HarnessError with the end of its log when it has ended or is late."""

    async def healthy() -> bool:
        if ended := await launcher.why_ended(name):
            raise HarnessError(ended)
        try:
            return await status_of(*launcher.address(name), "/healthz") == 200
        except OSError:
            return False

    await wait_until(healthy, within_s=20, what=f"{name} to be healthy")


def is_harmless(pid: int) -> bool:
    """Tell whether the process has no capability and cannot gain one."""
    status = _status(pid)
    return int(status["CapEff"], 16) == 0 and status["NoNewPrivs"] == "1"


def is_root(pid: int) -> bool:
    return _status(pid)["Uid"].split()[0] == "0"


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


async def postgres_keeps_what_was_committed_and_loses_what_was_not(launcher: Launcher) -> None:
    connection, other = await connect(launcher), await connect(launcher)
    await connection.execute("CREATE TABLE paid (id int PRIMARY KEY)")
    await connection.execute("INSERT INTO paid VALUES (1)")
    await other.execute("BEGIN; INSERT INTO paid VALUES (2)")
    for round_ in range(3):
        address = launcher.address("postgres")
        assert await launcher.kill("postgres")
        assert not await launcher.kill("postgres")
        assert not await accepts(*address)
        assert "ended" in await launcher.why_ended("postgres")
        await launcher.start_again("postgres")
        assert launcher.address("postgres") == address
        assert await launcher.why_ended("postgres") == ""
        again = await connect(launcher)
        assert await again.fetchval("SELECT count(*) FROM paid") == 1 + round_
        await again.execute("INSERT INTO paid VALUES ($1)", 10 + round_)
        await again.close()
    for one in (connection, other):
        one.terminate()


async def an_orderly_stop_of_postgres_does_not_wait_for_its_clients(launcher: Launcher) -> None:
    lingering = await connect(launcher)
    assert await launcher.stop("postgres")
    assert not await launcher.stop("postgres")
    await launcher.start_again("postgres")
    lingering.terminate()


async def kafka_is_never_killed(launcher: Launcher) -> None:
    assert "kafka" in launcher.cannot_crash
    assert not await launcher.kill("kafka")
    assert not await launcher.stop("kafka")
    assert await accepts(*launcher.address("kafka"))
