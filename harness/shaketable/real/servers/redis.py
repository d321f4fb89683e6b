"""Redis as a kind of server: a cache, which a power cut empties; nothing is ever under way at it."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.real.oracles.cache import CacheOracle
from shaketable.real.programs import redis
from shaketable.real.servers.server_kind import MakeFramer, ServerKind
from shaketable.real.tap.redis import RedisFramer
from shaketable.real.tap.redis_changes import Scripts
from shaketable.subject import Part


def _framers() -> MakeFramer:
    scripts = Scripts()  # one connection may load what another calls
    return lambda client: RedisFramer(client.note_change, scripts)


def _environment(where: str, _: Part) -> Mapping[str, str]:
    return {"REDIS_URL": f"redis://{where}/0"}


REDIS = ServerKind(
    protocol="redis",
    name="redis",
    framers=_framers,
    as_process="shaketable.real.processes.valkey:AS_PROCESS",
    as_container="shaketable.real.containers.servers:REDIS",
    environment=_environment,
    oracle=CacheOracle,
    forget=redis.forget_everything,
    evict=redis.evict_keys,
)
