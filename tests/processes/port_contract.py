"""One story told to a service twice: with simulated ports, and with the real ones behind the tap.

A story is a coroutine over the ports that returns what the service saw. `in_simulation` and `RealPorts.play` run it
under the same armed faults and give back what it saw and which boundaries were crossed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shaketable.fault import Crash, Fault
from shaketable.history import History, Json
from shaketable.ports import Response
from shaketable.real.bounded_waits import within
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.stack.external_server import ExternalServer
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.http import HttpFramer
from shaketable.real.tap.kafka.framer import KafkaFramer
from shaketable.real.tap.postgres import PostgresFramer
from shaketable.real.tap.switchboard import Switchboard
from shaketable.schedule import Do, Inject
from shaketable.sim.session import SimSession
from shaketable.subject import Completion, DatabaseSpec, External, Ledger, Part, System, Table, Topic
from shaketable_targets.order_system.wiring import Connected, connect
from tests.processes.started import EVERYTHING

Story = Callable[[Any], Awaitable[Json]]

IO_TIMEOUT_MS = 1_500
"""So long a real server may take on a busy machine; only the tests of lost messages wait for it to pass."""
ENDS_WITHIN_S = 90.0
"""For a story of a few messages, on a busy machine."""
HOST = "127.0.0.1"
SHOP = DatabaseSpec(
    "shop",
    (Table("things", ("name",), serial="id", unique=(("code",),), not_negative=("n",)),),
)
DDL = """
CREATE TABLE things (
    name text COLLATE "C" PRIMARY KEY, id bigserial, code text UNIQUE, n bigint CHECK (n >= 0)
)
"""


class Seen(NamedTuple):
    """Things that the service saw, and the boundaries it crossed, in order."""

    outcome: Json
    crossed: list[str]


class Echo:
    """An external party that answers with what it was asked."""

    def __init__(self, ledger: Ledger) -> None:
        del ledger

    def handle(self, request: Any) -> Response:
        if request.path == "/teapot":
            return Response(418)
        key = request.headers.get("idempotency-key", "")
        return Response(
            200, {"method": request.method, "path": request.path, "body": request.body, "key": key}
        )


class Probe:
    """A service that plays one story when it is asked to."""

    def __init__(self, ports: Any, story: Story, told: list[Json]) -> None:
        self._ports = ports
        self._story = story
        self._told = told

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def handle(self, request: object) -> Response:
        self._told.append(await self._story(self._ports))
        return Response(200)


def in_simulation(story: Story, *faults: Fault, topics: Sequence[str] = ()) -> Seen:
    """Play `story` in a world of one service."""
    told: list[Json] = []

    async def perform(ports: Any, do: Do) -> Completion:
        await ports.http.request("POST", "probe", "/play", timeout_ms=60_000)
        return Completion("ok")

    system = System(
        parts=(Part("probe", lambda ports: Probe(ports, story, told), "shop"),),  # type: ignore[arg-type]
        perform=perform,
        databases=(SHOP,),
        topics=tuple(Topic(name, 2) for name in topics),
        externals=(External("echo", Echo),),
        io_timeout_ms=IO_TIMEOUT_MS,
    )
    session = SimSession(system, trace=True)
    try:
        for fault in faults:
            session.apply(Inject(fault))
        session.apply(Do("play"))
        session.settle()
        assert told, "the story did not end"
        return Seen(told[0], [str(b) for b in session.boundaries() if b.route.sender == "probe"])
    finally:
        session.close()


class NoPower:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


class RealPorts:
    """Servers, and an edge to each for the service `probe`. Everything runs in one loop."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self._launcher = ProcessLauncher()

    def open(self) -> None:
        self.runner.run(self._open())

    def close(self) -> None:
        self.runner.run(self._launcher.close())
        self.runner.close()

    def play(self, story: Story, *faults: Fault, topics: Sequence[str] = ()) -> Seen:
        """Play `story` behind the tap; a Crash of a server lasts for the whole story."""
        return self.runner.run(
            within(self._play(story, faults, topics), within_s=ENDS_WITHIN_S, what="the story to end")
        )

    def address(self, server: str) -> tuple[str, int]:
        return self._launcher.address(server)

    def database_url(self) -> str:
        host, port = self.address("postgres")
        return f"postgresql://postgres@{host}:{port}/shop"

    def bootstrap(self) -> str:
        host, port = self.address("kafka")
        return f"{host}:{port}"

    async def _open(self) -> None:
        await self._launcher.start_servers(EVERYTHING)
        host, port = self.address("postgres")
        for database, statement in (("postgres", "CREATE DATABASE shop"), ("shop", DDL)):
            connection = await asyncpg.connect(
                host=host, port=port, user="postgres", database=database, ssl=False
            )
            await connection.execute(statement)
            await connection.close()

    async def _play(self, story: Story, faults: Sequence[Fault], topics: Sequence[str]) -> Seen:
        await self._reset(topics)
        started = time.monotonic()
        board = Switchboard(NoPower(), lambda: int((time.monotonic() - started) * 1000), str)
        board.begin(History(), frozenset(), trace=True)
        echo = ExternalServer()
        echo.external = Echo(None)  # type: ignore[arg-type]
        await echo.open(HOST)
        edges = self._edges(board, (HOST, echo.port))
        try:
            for edge in edges.values():
                await edge.open()
            for fault in faults:
                if isinstance(fault, Crash):
                    edges[fault.service].refuse()
                else:
                    board.arming.arm(fault, board.history.add(0, "fault", "test", "fault"))  # type: ignore[arg-type]
            connected = self._connect(edges)
            try:
                outcome = await story(connected.ports)
            finally:
                await connected.close()
            assert not board.arming, "a fault did not land"
            return Seen(outcome, [str(boundary) for boundary in board.crossed or ()])
        finally:
            for edge in edges.values():
                await edge.close()
            await echo.close()

    def _edges(self, board: Switchboard, echo: tuple[str, int]) -> dict[str, Edge]:
        def advertised(*_: object) -> tuple[str, int]:
            return HOST, edges["kafka"].port

        edges = {
            "postgres": Edge("probe", "postgres", self.address("postgres"), PostgresFramer, board),
            "kafka": Edge("probe", "kafka", self.address("kafka"), lambda: KafkaFramer(advertised), board),
            "echo": Edge("probe", "echo", echo, HttpFramer, board),
        }
        return edges

    def _connect(self, edges: dict[str, Edge]) -> Connected:
        return connect(
            {
                "SERVICE_NAME": "probe",
                "DATABASE_URL": f"postgresql://postgres@{HOST}:{edges['postgres'].port}/shop",
                "KAFKA_BOOTSTRAP": f"{HOST}:{edges['kafka'].port}",
                "KAFKA_SESSION_TIMEOUT_MS": "1000",
                "IO_TIMEOUT_MS": str(IO_TIMEOUT_MS),
                "PEER_ECHO": f"http://{HOST}:{edges['echo'].port}",
            }
        )

    async def _reset(self, topics: Sequence[str]) -> None:
        connection = await asyncpg.connect(self.database_url(), ssl=False)
        await connection.execute("TRUNCATE things RESTART IDENTITY")
        await connection.close()
        if topics:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap())
            await admin.start()
            await admin.create_topics([NewTopic(name, 2, 1) for name in topics])
            await admin.close()


async def raised(attempt: Awaitable[object]) -> str:
    """Return the type of what `attempt` raises, or ""."""
    try:
        await attempt
    except Exception as error:  # the contract is about types: whichever it is, it is compared
        return type(error).__name__
    return ""
