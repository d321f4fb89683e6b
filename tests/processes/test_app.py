"""The order system's processes as shipped: one order through four real services, without tap."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shaketable.ports import Request, Response
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.stack.external_server import ExternalServer
from shaketable.real.stack.launcher import Needs
from shaketable.subject import System
from shaketable_patterns.order_system.subjects import variants
from shaketable_targets.order_system.app import make_app, make_service
from shaketable_targets.order_system.wiring import connect, fetch_wait_ms
from tests.processes.launcher_contract import wait_healthy
from tests.processes.started import BROKER, DATABASE, needs_the_extra

pytestmark = needs_the_extra

SCALE = 100
LATE_S = 15


class Agreeable:
    """A third party that does whatever it is asked."""

    def handle(self, request: Request) -> Response:
        return Response(201)


@asynccontextmanager
async def order_system(system: System) -> AsyncIterator[tuple[ProcessLauncher, httpx.AsyncClient]]:
    """Run `system` as real processes, each service connected to its servers directly; yield a client of the order service."""
    launcher = ProcessLauncher({part.entry for part in system.parts})
    await launcher.start_servers(Needs((DATABASE, BROKER)))
    partner = ExternalServer()
    partner.external = Agreeable()
    try:
        await partner.open("127.0.0.1")
        await prepare(system, launcher)
        for part in system.parts:
            await launcher.start_service(part, {**environment(system, launcher, partner.port, part.database)})
        for part in system.parts:
            await wait_healthy(launcher, part.name)
        host, port = launcher.address("order")
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=LATE_S) as client:
            yield launcher, client
    finally:
        await partner.close()
        await launcher.close()


async def prepare(system: System, launcher: ProcessLauncher) -> None:
    host, port = launcher.address("postgres")
    admin = await asyncpg.connect(host=host, port=port, user="postgres", database="postgres", ssl=False)
    for database in system.databases:
        await admin.execute(f'CREATE DATABASE "{database.name}"')
        own = await asyncpg.connect(host=host, port=port, user="postgres", database=database.name, ssl=False)
        await own.execute(system.schema[database.name])
        for table in database.tables:
            for row in table.rows:
                await own.execute(
                    f"INSERT INTO {table.name} SELECT * FROM json_populate_record(NULL::{table.name}, $1)",
                    json.dumps(row),
                )
        await own.close()
    await admin.close()
    kafka = AIOKafkaAdminClient(bootstrap_servers=":".join(map(str, launcher.address("kafka"))))
    await kafka.start()
    await kafka.create_topics([NewTopic(topic.name, topic.partitions, 1) for topic in system.topics])
    await kafka.close()


def environment(system: System, launcher: ProcessLauncher, partner: int, database: str) -> dict[str, str]:
    host, port = launcher.address("postgres")
    return {
        "DATABASE_URL": f"postgresql://postgres@{host}:{port}/{database}",
        "KAFKA_BOOTSTRAP": ":".join(map(str, launcher.address("kafka"))),
        "KAFKA_SESSION_TIMEOUT_MS": "1000",
        # The machine may be slow: nothing is to time out here.
        "IO_TIMEOUT_MS": str(LATE_S * 1000 * SCALE),
        "SERVICE_CONFIG": json.dumps({"provider_timeout_ms": LATE_S * 1000 * SCALE}),
        "TIME_SCALE": str(SCALE),
        "PEER_PROVIDER": f"http://127.0.0.1:{partner}",
        "PEER_MAILER": f"http://127.0.0.1:{partner}",
    }


async def place(
    client: httpx.AsyncClient, order: str, item: str = "apple", quantity: int = 1
) -> httpx.Response:
    body = {"order": order, "item": item, "quantity": quantity, "amount": 10}
    return await client.post("/orders", json=body, headers={"idempotency-key": f"key-{order}"})


async def ending(client: httpx.AsyncClient, order: str) -> str:
    deadline = time.monotonic() + LATE_S
    while True:
        status = str((await client.get(f"/orders/{order}")).json()["status"])
        if status in ("CONFIRMED", "CANCELLED") or time.monotonic() > deadline:
            return status
        await asyncio.sleep(0.005)


def test_orders_are_confirmed_or_cancelled_by_four_real_services():
    async def story() -> tuple[Any, ...]:
        async with order_system(variants()["order-saga/hardened"].system) as (launcher, client):
            assert (await place(client, "o1")).status_code == 201
            assert await ending(client, "o1") == "CONFIRMED"
            began = time.monotonic()
            await place(client, "o2")
            confirmed = await ending(client, "o2")
            print(f"confirmed after {(time.monotonic() - began) * 1000:.0f} ms")  # noqa: T201 - a measurement
            again = (await place(client, "o2")).status_code, (await client.get("/orders/nobody")).status_code
            await place(client, "o3", "pear", 9)
            cancelled = await ending(client, "o3")
            await launcher.kill("inventory")
            await place(client, "o4")
            await launcher.start_again("inventory")
            return confirmed, again, cancelled, await ending(client, "o4"), await launcher.stop("order")

    assert asyncio.run(story()) == ("CONFIRMED", (201, 404), "CANCELLED", "CONFIRMED", True)


def test_a_relay_process_and_a_key_store_are_made_from_their_names():
    async def story() -> list[str]:
        made = []
        for variant in variants().values():
            for part in variant.system.parts:
                env = {**part.env, "SERVICE_NAME": part.name}
                connected = connect(env)
                real = type(make_service(connected.ports, env))
                simulated = type(part.make(connected.ports))  # type: ignore[arg-type]
                assert real is simulated, f"{variant.family} {part.name}"
                made.append(real.__name__)
                await connected.close()
        return made

    made = asyncio.run(story())
    assert {"OrderService", "RelayProcess", "OtherKeys"} <= set(made)


@pytest.mark.parametrize(
    ("port", "variable"),
    [("database", "DATABASE_URL"), ("broker", "KAFKA_BOOTSTRAP"), ("cache", "REDIS_URL")],
)
def test_a_port_without_its_variable_says_so_when_it_is_used(port, variable):
    async def use() -> None:
        connected = connect({"SERVICE_NAME": "alone"})
        try:
            _ = getattr(connected.ports, port).anything
        finally:
            await connected.close()

    with pytest.raises(RuntimeError, match=f"{variable} is not set"):
        asyncio.run(use())


def test_every_database_of_a_system_has_its_tables_in_the_schema():
    for name, variant in variants().items():
        system = variant.system
        for database in system.databases:
            for table in database.tables:
                assert f"CREATE TABLE {table.name} (" in system.schema[database.name], f"{name}: {table.name}"


class Careless:
    """A service whose handler fails."""

    def __init__(self, ports: Any, config: Any) -> None:
        self.stopped = False

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def handle(self, request: Any) -> Response:
        if request.path == "/echo":
            return Response(202, [request.method, request.headers["x-key"], request.body])
        if request.path == "/nothing":
            return Response(204)
        raise LookupError("nothing here")


@pytest.fixture
def careless() -> dict[str, str]:
    return {"SERVICE_NAME": "careless", "SERVICE_CLASS": f"{__name__}:Careless"}


def answered(env: dict[str, str], *requests: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
    async def story() -> list[httpx.Response]:
        app = make_app(env)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://careless") as client,
        ):
            return [await client.request(method, path, **more) for method, path, more in requests]

    return asyncio.run(story())


def test_a_handler_that_raises_answers_500_and_what_is_no_json_400(careless):
    answers = answered(
        careless,
        ("GET", "/healthz", {}),
        ("PUT", "/echo", {"json": {"a": 1}, "headers": {"X-Key": "k"}}),
        ("POST", "/any/where", {}),
        ("POST", "/echo", {"content": b"{"}),
    )
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, {"service": "careless"}),
        (202, ["PUT", "k", {"a": 1}]),
        (500, {"error": "LookupError: nothing here"}),
        (400, {"error": "the body is no JSON"}),
    ]


def test_an_answer_without_content_has_no_body(careless):
    (answer,) = answered(careless, ("DELETE", "/nothing", {}))
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_fetch_that_finds_nothing_comes_back_long_before_its_timeout():
    assert [fetch_wait_ms(timeout) for timeout in (4_000, 200, 133.3, 40, 1)] == [100, 100, 67, 20, 10]


def test_a_port_that_nobody_configured_says_which_variable_is_missing(careless):
    async def story() -> None:
        connected = connect(careless)
        try:
            with pytest.raises(RuntimeError, match="DATABASE_URL is not set"):
                connected.ports.database.transaction()
        finally:
            await connected.close()

    asyncio.run(story())


def test_it_serves_until_sigterm_and_ends_well(careless, unused_port):
    env = careless | {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(unused_port), "PATH": "/usr/bin"}
    process = subprocess.Popen(
        [sys.executable, "-m", "shaketable_targets.order_system.app"],
        env=env,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + LATE_S
        while True:
            try:
                assert httpx.get(f"http://127.0.0.1:{unused_port}/healthz").status_code == 200
                break
            except httpx.ConnectError:
                assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=LATE_S)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "level=INFO service=careless at=service stopped" in log


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
