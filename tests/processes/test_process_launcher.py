"""The launcher without Docker, on real servers."""

import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from shaketable.errors import HarnessError
from shaketable.real.bounded_waits import wait_until
from shaketable.real.loop_thread import LoopThread
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.stack.readiness import accepts
from shaketable.real.supervision.identity import children_of, is_alive, is_stopped
from shaketable.real.supervision.run_directory import recorded
from tests.processes import launcher_contract
from tests.processes.launcher_contract import connect, greeting, service, wait_healthy
from tests.processes.started import (
    EVERYTHING,
    POSTGRES,
    alive,
    everyone,
    needs_the_extra,
    run,
)

pytestmark = needs_the_extra


Story = Callable[[ProcessLauncher], Awaitable[None]]


@pytest.fixture(scope="module")
def on_shared() -> Iterator[Callable[[Story], None]]:
    """Runs a story on a launcher that several tests share; each leaves everything running."""
    loop, launcher = LoopThread(), ProcessLauncher(["tests.processes.tiny_service:serve"])
    loop.call(launcher.start_servers(EVERYTHING))

    async def tell(story: Story) -> None:
        await story(launcher)

    yield lambda story: loop.call(tell(story))
    loop.call(launcher.close())
    loop.close()


async def pid_of(launcher: ProcessLauncher, name: str) -> int:
    return [one.pid for who, one in recorded(launcher.run_folder) if who == name][-1]


def segments_of(pid: int) -> int:
    """Count the System V segments that this process has created."""
    names, *rows = (line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines())
    return sum(dict(zip(names, row, strict=False))["cpid"] == str(pid) for row in rows)


def test_every_server_answers_and_nothing_is_left_after_closing():
    async def story():
        launcher = ProcessLauncher(["tests.processes.tiny_service:serve"])
        await launcher.start_servers(EVERYTHING)
        await launcher.start_service(service("payment"), {"GREETING": "paid"})
        await wait_healthy(launcher, "payment")
        assert await greeting(launcher, "payment") == "paid"
        await (await connect(launcher)).close()
        cache = Redis(host=launcher.tap_host, port=launcher.address("redis")[1])
        assert await cache.set("k", "v")
        await cache.aclose()
        host, port = launcher.address("kafka")
        producer = AIOKafkaProducer(bootstrap_servers=f"{host}:{port}")
        await producer.start()
        assert (await producer.send_and_wait("orders", b"one")).offset == 0
        await producer.stop()

        folder, who = launcher.run_folder, everyone(launcher.run_folder)
        ports = [launcher.address(name)[1] for name in ("postgres", "kafka", "redis", "payment")]
        postmaster = await pid_of(launcher, "postgres")
        assert segments_of(postmaster) == 1
        assert len(alive(who)) >= 6
        await launcher.close()
        assert alive(who) == []
        assert not folder.exists()
        for number in ports:
            with socket.socket() as again:
                again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of ours may linger
                again.bind(("127.0.0.1", number))
                again.listen()
        assert segments_of(postmaster) == 0
        await launcher.close()  # once more is no error

    run(story())


def test_no_server_runs_as_root_or_keeps_a_capability(on_shared):
    async def story(launcher):
        found = {name: one.pid for name, one in recorded(launcher.run_folder) if is_alive(one)}
        found.pop("supervisor")  # it makes the others what they are
        assert {"postgres", "kafka", "redis", "services"} <= found.keys()
        for name, pid in found.items():
            assert launcher_contract.is_harmless(pid), name
            if name != "services":  # it reads the user's own code
                assert not launcher_contract.is_root(pid), name

    on_shared(story)


def test_postgres_keeps_what_was_committed_and_loses_what_was_not(on_shared):
    on_shared(launcher_contract.postgres_keeps_what_was_committed_and_loses_what_was_not)


def test_postgres_is_set_up_for_logical_decoding_and_quick_deadlocks(on_shared):
    async def story(launcher):
        connection = await connect(launcher)
        for name, value in {
            "wal_level": "logical",
            "track_commit_timestamp": "on",
            "deadlock_timeout": "100ms",
            "fsync": "off",
            "synchronous_commit": "on",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }.items():
            assert await connection.fetchval(f"SHOW {name}") == value
        for number in range(12):
            await connection.execute(f"SELECT pg_create_logical_replication_slot('s{number}', 'pgoutput')")
        await connection.close()
        assert await launcher.kill("postgres")
        await launcher.start_again("postgres")
        connection = await connect(launcher)
        assert await connection.fetchval("SELECT count(*) FROM pg_replication_slots") == 12
        await connection.close()

    on_shared(story)


def test_an_orderly_stop_of_postgres_does_not_wait_for_its_clients(on_shared):
    on_shared(launcher_contract.an_orderly_stop_of_postgres_does_not_wait_for_its_clients)


@pytest.mark.parametrize("party", ["payment", "postgres", "redis", "kafka"])
def test_a_paused_party_stands_still_until_it_is_resumed(party, on_shared):
    async def story(launcher):
        await launcher.start_service(service("payment"), {})
        await wait_healthy(launcher, "payment")
        pid = await pid_of(launcher, party)
        assert await launcher.pause(party)
        tree = [pid, *(child.pid for child in children_of(pid))]
        await wait_until(lambda: all(map(is_stopped, tree)), within_s=2, what="everything to stop")
        assert await launcher.resume(party)
        await wait_until(lambda: not any(map(is_stopped, tree)), within_s=2, what="everything to go on")
        await launcher.start_again(party)  # it runs: only waits until it answers
        assert await pid_of(launcher, party) == pid

    on_shared(story)


def test_a_killed_service_comes_back_as_another_process_at_its_address(on_shared):
    async def story(launcher):
        await launcher.start_service(service("payment"), {"GREETING": "still me"})
        await wait_healthy(launcher, "payment")
        address, first = launcher.address("payment"), await pid_of(launcher, "payment")
        assert await launcher.kill("payment")
        assert not await accepts(*address)
        assert not await launcher.kill("payment")
        assert not await launcher.pause("payment")
        await launcher.start_again("payment")
        assert await greeting(launcher, "payment") == "still me"
        assert await pid_of(launcher, "payment") != first
        assert await launcher.stop("payment")
        assert not await launcher.stop("payment")
        assert "status 0" in await launcher.why_ended("payment")

    on_shared(story)


def test_a_paused_service_can_be_killed_and_stopped(on_shared):
    async def story(launcher):
        await launcher.start_service(service("payment"), {})
        for end in (launcher.kill, launcher.stop):
            await launcher.start_again("payment")
            assert await launcher.pause("payment")
            assert await end("payment")

    on_shared(story)


def test_a_service_that_fails_to_start_shows_its_log(on_shared):
    async def story(launcher):
        await launcher.start_service(service("broken", "tests.processes.tiny_service:fail"), {})
        with pytest.raises(HarnessError, match="the price list is missing"):
            await wait_healthy(launcher, "broken")
        with pytest.raises(HarnessError, match=r"(?s)broken ended with status 1.*the price list is missing"):
            await launcher.start_again("broken")

    on_shared(story)


def test_a_black_box_runs_its_command_with_its_own_environment_alone(on_shared):
    async def story(launcher):
        port = launcher.address("box")[1]
        script = "cd /; env > /proc/self/fd/2; exec python3 -m http.server --bind 127.0.0.1 $PORT"
        box = replace(service("box", ""), command=("sh", "-c", script))
        await launcher.start_service(box, {"PORT": str(port), "PATH": os.environ["PATH"]})
        await launcher.start_again("box")
        said = {
            line.partition("=")[0]
            for line in (launcher.run_folder / "logs" / "box.log").read_text().splitlines()
        }
        assert {"PORT", "PATH"} <= said
        assert not said & {"HOME", "SERVICE_NAME", "HTTP_PORT", "SHAKETABLE_PROGRAM"}
        first = await pid_of(launcher, "box")
        assert await launcher.kill("box")
        await launcher.start_again("box")
        assert await pid_of(launcher, "box") != first
        assert await launcher.pause("box")
        assert await launcher.resume("box")
        assert await launcher.stop("box")

    on_shared(story)


@pytest.mark.parametrize(
    ("command", "why"), [((), "runs Part.command"), (("no-such-program",), "no program no-such-program")]
)
def test_a_black_box_that_cannot_run_here_says_why(on_shared, command, why):
    async def story(launcher):
        with pytest.raises(HarnessError, match=why):
            await launcher.start_service(replace(service("other box", ""), image="x", command=command), {})

    on_shared(story)


def test_a_module_that_cannot_be_imported_shows_why_and_leaves_nothing():
    async def story():
        launcher = ProcessLauncher(["tests.processes.no_such_module:serve"])
        with pytest.raises(HarnessError, match="no_such_module"):
            await launcher.start_servers(EVERYTHING)
        with pytest.raises(HarnessError, match="call start_servers first"):
            _ = launcher.run_folder

    run(story())


def test_a_server_that_cannot_start_shows_its_log_and_leaves_nothing():
    async def story():
        launcher = ProcessLauncher()
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(launcher.address("postgres"))
            taken.listen()
            with pytest.raises(
                HarnessError, match=r"(?s)postgres ended with status 1.*Address already in use"
            ):
                await launcher.start_servers(POSTGRES)

    run(story())


def test_kafka_is_never_killed_because_it_keeps_its_log_in_memory(on_shared):
    async def story(launcher):
        assert launcher.cannot_crash == {"kafka"}
        pid = await pid_of(launcher, "kafka")
        await launcher_contract.kafka_is_never_killed(launcher)
        assert await pid_of(launcher, "kafka") == pid

    on_shared(story)


def test_a_stranger_to_the_launcher_is_named(on_shared):
    async def story(launcher):
        with pytest.raises(HarnessError, match="nobody was never started"):
            await launcher.kill("nobody")
        with pytest.raises(HarnessError, match="has no entry"):
            await launcher.start_service(service("nobody", ""), {})

    on_shared(story)


def test_toxiproxy_listens_where_it_is_told(on_shared):
    async def story(launcher):
        if not launcher.has_toxiproxy:
            with pytest.raises(HarnessError, match="not on PATH"):
                launcher.toxiproxy_api()
            return
        assert await accepts(*launcher.toxiproxy_api())
        told, dialled = launcher.toxiproxy_listen(0)
        assert told == dialled == launcher.toxiproxy_listen(0)[0] != launcher.toxiproxy_listen(1)[0]

    on_shared(story)
