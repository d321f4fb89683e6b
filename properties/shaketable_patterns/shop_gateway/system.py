"""The shop as a system: two gateways, five instances behind three routes, the list of them, a database, and a Redis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shaketable.ports import Ports, Service
from shaketable.subject import DatabaseSpec, Part, System, Table
from shaketable_patterns.order_system.system import name_of
from shaketable_patterns.shop_gateway.client import GATEWAY, LISTING, perform
from shaketable_patterns.shop_gateway.profile import CONFIG, IO_TIMEOUT_MS
from shaketable_patterns.shop_gateway.values import INSTANCES
from shaketable_targets.shop_gateway.gateway import Gateway
from shaketable_targets.shop_gateway.listing import Listing
from shaketable_targets.shop_gateway.schema import SCHEMA
from shaketable_targets.shop_gateway.shop import Shop

GATEWAYS = ("gateway-1", "gateway-2")
ENTRY = "shaketable_targets.shop_gateway.app:main"
_TABLES = (
    Table("seen", ("id",)),
    Table("instances", ("name",), rows=tuple({"name": name, "listed": True} for name in INSTANCES)),
)
_QUIET_MS = 15_000
_OTHERS = replace(CONFIG, keys={"keys": []})
"""What the parts are told that look at no token."""


def shop_gateway(make: Callable[..., Service] = Gateway) -> System:
    """Return the system with the gateways that `make` makes."""
    return System(
        parts=(
            *(_part(name, make, GATEWAY) for name in GATEWAYS),
            *(_part(name, Shop) for name in INSTANCES),
            _part(LISTING, Listing),
        ),
        perform=perform,
        databases=(DatabaseSpec("shop", _TABLES),),
        polls=frozenset({("GET", "/healthz"), ("GET", "/instances"), ("SELECT", "instances")}),
        uses_cache=True,
        session_timeout_ms=0,
        quiet_ms=_QUIET_MS,
        io_timeout_ms=IO_TIMEOUT_MS,
        bound_ms=4 * _QUIET_MS,
        schema=SCHEMA,
        id_fields=frozenset({"request", "user"}),
        starts_anew=True,  # breakers, turns and the copy of the list are in memory
    )


def _part(name: str, make: Callable[..., Service], role: str = "") -> Part:
    config = CONFIG if role else _OTHERS

    def start(ports: Ports) -> Service:
        return make(ports, config)

    env = {"SERVICE_CLASS": name_of(make), "SERVICE_CONFIG": config.to_json()}
    return Part(name, start, "" if role else "shop", ENTRY, env, role=role)
