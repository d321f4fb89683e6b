"""The wiring of one process: from its environment to its ports."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, cast

from shaketable.ports import TRANSIENT, Broker, Cache, Clock, Database, Http
from shaketable_targets.adapters.clock import ClockOffset, ScaledClock
from shaketable_targets.adapters.http import HttpxHttp
from shaketable_targets.adapters.ids import new_id
from shaketable_targets.adapters.kafka import KafkaBroker
from shaketable_targets.adapters.kafka_consumer import KafkaSettings
from shaketable_targets.adapters.postgres import PostgresDatabase

if TYPE_CHECKING:
    from shaketable_targets.adapters.redis import RedisCache

_PEER = "PEER_"
_FETCH_WAIT_MS = (10, 100)


class NotConfigured:
    """Stands in for a port whose variable is missing; any use raises RuntimeError."""

    def __init__(self, variable: str) -> None:
        self._variable = variable

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(f"{name}: {self._variable} is not set")


@dataclass(frozen=True, slots=True)
class ServicePorts:
    """The `Ports` of one process."""

    name: str
    clock: Clock
    database: Database
    broker: Broker
    cache: Cache
    http: Http
    new_id: Callable[[], str] = field(default=new_id)


@dataclass(frozen=True, slots=True)
class Connected:
    """The ports of a process, and the connections behind them."""

    ports: ServicePorts
    http: HttpxHttp
    database: PostgresDatabase | None
    broker: KafkaBroker | None
    cache: RedisCache | None

    async def open(self) -> None:
        """Connect to the servers. One that is down costs its timeout at most, and is connected to later."""
        for server in (self.database, self.broker):
            if server is not None:
                with contextlib.suppress(*TRANSIENT):
                    await server.open()

    async def close(self) -> None:
        if self.broker is not None:
            await self.broker.close()
        if self.database is not None:
            await self.database.close()
        if self.cache is not None:
            await self.cache.close()
        await self.http.close()


def connect(env: Mapping[str, str]) -> Connected:
    """Make the ports that the variables of docs/real-worlds.md describe; connections are opened when they are needed.

    Times of the services' configuration and IO_TIMEOUT_MS are schedule milliseconds; KAFKA_SESSION_TIMEOUT_MS is
    agreed with the broker and real.
    """
    name = env["SERVICE_NAME"]
    clock = ScaledClock(float(env.get("TIME_SCALE", "1")), ClockOffset(env.get("CLOCK_OFFSET_FILE", "")))
    io_timeout_ms = clock.real_s(int(env.get("IO_TIMEOUT_MS", "5000"))) * 1000
    http = HttpxHttp(_Peers(env), clock.real_s)
    database = None
    if "DATABASE_URL" in env:
        database = PostgresDatabase(env["DATABASE_URL"], io_timeout_ms, real_s=clock.real_s)
    broker = None
    if "KAFKA_BOOTSTRAP" in env:
        session_timeout_ms = int(env.get("KAFKA_SESSION_TIMEOUT_MS", "10000"))
        settings = KafkaSettings(
            env["KAFKA_BOOTSTRAP"], name, io_timeout_ms, session_timeout_ms, fetch_wait_ms(io_timeout_ms)
        )
        broker = KafkaBroker(settings)
    cache = None
    if "REDIS_URL" in env:
        # Few services use a cache, and the import of its library is a fifth of what a start costs.
        from shaketable_targets.adapters.redis import RedisCache

        cache = RedisCache(env["REDIS_URL"], io_timeout_ms / 1000, clock.real_s)
    ports = ServicePorts(
        name=name,
        clock=clock,
        database=cast("Database", database or NotConfigured("DATABASE_URL")),
        broker=cast("Broker", broker or NotConfigured("KAFKA_BOOTSTRAP")),
        cache=cast("Cache", cache or NotConfigured("REDIS_URL")),
        http=http,
    )
    return Connected(ports, http, database, broker, cache)


def fetch_wait_ms(io_timeout_ms: float) -> int:
    """Return how long the broker shall hold a fetch that finds nothing: with less there are more fetches for nothing.

    It is at most half the timeout, which counts from the request on, so that a record that comes last has the other half for
    its way. Apache Kafka answers as soon as there is a record. A broker that polls its store (Tansu) does so the less often
    the longer it may wait: at 100 ms the median record came 15 ms late, at 400 ms 110.
    """
    least, most = _FETCH_WAIT_MS
    return max(least, min(most, round(io_timeout_ms / 2)))


class _Peers(dict[str, str]):
    """Base URLs by party, from PEER_<NAME>: a `-` of a name is a `_` there."""

    def __init__(self, env: Mapping[str, str]) -> None:
        super().__init__({key: url for key, url in env.items() if key.startswith(_PEER)})

    def __getitem__(self, party: str) -> str:
        return super().__getitem__(_PEER + party.upper().replace("-", "_"))
