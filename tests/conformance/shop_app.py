"""The contract's tiny system on real ports: what the real worlds start for the shop, the tills and the reader."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shaketable.conformance.shop_service import Reader, Shop
from shaketable_targets.adapters.redis import RedisCache
from shaketable_targets.order_system.app import main as serve
from shaketable_targets.ports import Ports

SERVICES = {"shop": Shop, "till-1": Shop, "till-2": Shop, "reader": Reader}


@dataclass(frozen=True)
class ShopPorts:
    """The ports of every service here, and a cache."""

    name: str
    clock: Any
    database: Any
    broker: Any
    http: Any
    cache: RedisCache


def make(ports: Ports, _: object) -> Any:
    """Make the service that SERVICE_NAME names."""
    return SERVICES[ports.name](
        ShopPorts(ports.name, ports.clock, ports.database, ports.broker, ports.http, _cache(os.environ))
    )


def _cache(env: Mapping[str, str]) -> RedisCache:
    scale = float(env["TIME_SCALE"])
    io_timeout_s = int(env["IO_TIMEOUT_MS"]) / scale / 1000
    return RedisCache(env["REDIS_URL"], io_timeout_s, lambda ms: ms / scale / 1000)


def main() -> None:
    """Serve until SIGTERM."""
    os.environ["SERVICE_CLASS"] = f"{__name__}:make"
    serve()
