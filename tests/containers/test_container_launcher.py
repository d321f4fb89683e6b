"""The launcher on Docker, on real servers."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from shaketable.errors import HarnessError, UsageError
from shaketable.real.bounded_waits import wait_until
from shaketable.real.containers import docker_engine
from shaketable.real.containers.launcher import ContainerLauncher
from shaketable.real.loop_thread import LoopThread
from shaketable.real.programs import redis
from shaketable.real.stack.launcher import Needs
from shaketable.real.stack.readiness import accepts
from shaketable.real.supervision.identity import children_of
from tests.containers.started import CACHE, EVERYTHING, PAYMENT, left_of, needs_docker, volumes
from tests.processes import launcher_contract
from tests.processes.launcher_contract import greeting, service

pytestmark = needs_docker

Story = Callable[[ContainerLauncher], Awaitable[None]]


@pytest.fixture(scope="module")
def on_shared() -> Iterator[Callable[[Story], None]]:
    """Runs a story on a launcher that several tests share; each leaves everything running."""
    loop, launcher = LoopThread(), ContainerLauncher()

    async def start() -> None:
        await launcher.start_servers(EVERYTHING)
        await launcher.start_service(PAYMENT, {"GREETING": "paid"})
        await wait_until(lambda: accepts(*launcher.address("payment")), within_s=10, what="payment")

    async def tell(story: Story) -> None:
        await story(launcher)

    loop.call(start())
    yield lambda story: loop.call(tell(story))
    loop.call(launcher.close())
    loop.close()


def first_processes(launcher: ContainerLauncher) -> dict[str, int]:
    client = docker_engine.connect()
    try:
        return {
            one["Names"][0].rpartition("-")[2]: client.api.inspect_container(one["Id"])["State"]["Pid"]
            for one in client.api.containers(filters={"label": f"shaketable={launcher.run}"})
        }
    finally:
        client.close()


def test_everybody_answers_and_nothing_is_left_after_closing():
    async def story(launcher):
        started = time.monotonic()
        await launcher.start_servers(EVERYTHING)
        assert time.monotonic() - started < 60  # a few seconds on a machine that has nothing else to do
        host, port = launcher.address("kafka")
        producer = AIOKafkaProducer(bootstrap_servers=f"{host}:{port}")
        await producer.start()
        await producer.stop()
        assert len(left_of(client, launcher.run)) == 6
        await launcher.close()
        await launcher.close()  # once more is no error
        assert left_of(client, launcher.run) == []
        with pytest.raises(OSError):  # the address is no longer ours
            socket.create_server((launcher.tap_host, 0))
        assert not folder.exists()

    client, loop = docker_engine.connect(), LoopThread()
    before, launcher = volumes(client), ContainerLauncher()
    loop.call(launcher.start_servers(Needs()))
    folder = Path(launcher.clock_offset_file("payment")).parent.parent
    loop.call(launcher.close())
    loop.call(story(ContainerLauncher()))
    assert volumes(client) == before
    loop.close()
    client.close()


def test_no_process_runs_as_root_or_keeps_a_capability(on_shared):
    async def story(launcher):
        found = first_processes(launcher)
        assert set(found) == {"postgres", "kafka", "redis", "toxiproxy", "payment"}
        for name, first in found.items():
            for pid in (first, *(child.pid for child in children_of(first))):
                assert launcher_contract.is_harmless(pid), name
                assert not launcher_contract.is_root(pid), name

    on_shared(story)


def test_postgres_keeps_what_was_committed_and_loses_what_was_not(on_shared):
    on_shared(launcher_contract.postgres_keeps_what_was_committed_and_loses_what_was_not)


def test_an_orderly_stop_of_postgres_does_not_wait_for_its_clients(on_shared):
    on_shared(launcher_contract.an_orderly_stop_of_postgres_does_not_wait_for_its_clients)


def test_a_server_stands_still_and_goes_on_and_may_crash_meanwhile(on_shared):
    async def story(launcher):
        cache = Redis(host=launcher.address("redis")[0])
        assert await launcher.pause("redis")
        assert not await launcher.pause("redis")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await cache.ping()
        assert await launcher.resume("redis")
        assert not await launcher.resume("redis")
        assert await cache.set("k", "v")
        assert await launcher.pause("redis")
        assert await launcher.kill("redis")
        assert not await launcher.pause("redis")
        await launcher.start_again("redis")
        assert await cache.get("k") is None
        await cache.set("k", "v")
        await redis.forget_everything(*launcher.address("redis"))
        assert await cache.get("k") is None
        await cache.aclose()

    on_shared(story)


def test_kafkas_crash_is_left_to_the_tap(on_shared):
    on_shared(launcher_contract.kafka_is_never_killed)


def test_a_service_is_killed_and_forked_again_at_the_same_address(on_shared):
    async def story(launcher):
        assert await greeting(launcher) == "paid"
        for _ in range(3):
            assert await launcher.kill("payment")
            assert not await launcher.kill("payment")
            assert not await accepts(*launcher.address("payment"))
            assert "SIGKILL" in await launcher.why_ended("payment")
            await launcher.start_again("payment")
            assert await greeting(launcher) == "paid"
        assert await launcher.stop("payment")
        assert "status 0" in await launcher.why_ended("payment")
        await launcher.start_again("payment")
        assert await launcher.pause("payment")
        with pytest.raises(httpx.ReadTimeout):
            await greeting(launcher)
        assert await launcher.resume("payment")
        assert await greeting(launcher) == "paid"

    on_shared(story)


def test_the_tap_and_toxiproxy_can_reach_each_other(on_shared):
    async def story(launcher):
        assert await accepts(*launcher.toxiproxy_api())
        told, dialled = launcher.toxiproxy_listen(0)
        assert told[1] == dialled[1] != launcher.toxiproxy_listen(1)[1]
        with socket.create_server((launcher.tap_host, 0)) as tap:
            assert await accepts(*tap.getsockname())

    on_shared(story)


def test_a_service_that_cannot_be_imported_says_why():
    loop, launcher = LoopThread(), ContainerLauncher()
    broken = service("broken")
    object.__setattr__(broken, "entry", "tests.processes.no_such_module:serve")
    needs = Needs((), (broken,))
    with pytest.raises(HarnessError, match="no_such_module"):
        loop.call(launcher.start_servers(needs))
    client = docker_engine.connect()
    assert left_of(client, launcher.run) == []
    client.close()
    loop.close()


def test_an_image_that_is_nowhere_says_how_to_get_one():
    loop, launcher = LoopThread(), ContainerLauncher({"redis": "shaketable.invalid/redis"})
    with pytest.raises(UsageError, match="make images"):
        loop.call(launcher.start_servers(Needs((CACHE,))))
    loop.close()
