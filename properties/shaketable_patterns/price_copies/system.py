"""The copies of a price list as a system: three services, each with a database of its own on one PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from shaketable.ports import Ports, Row, Service
from shaketable.subject import DatabaseSpec, Part, System, Table
from shaketable_patterns.price_copies.client import perform
from shaketable_patterns.price_copies.profile import CONFIG, IO_TIMEOUT_MS
from shaketable_targets.order_system.config import Config
from shaketable_targets.price_copies.schema import COPIES, SCHEMA

ENTRY = "shaketable_targets.order_system.app:main"
PRODUCTS = ("lamp", "rug")
_FIRST: tuple[Row, ...] = tuple({"product": product, "price": 1, "version": 0} for product in PRODUCTS)
Make = Callable[[Ports, Config], Service]


def price_copies(make: Make) -> System:
    """Return the system of three copies that `make` makes."""
    quiet_ms = CONFIG.poll_interval_ms + IO_TIMEOUT_MS + 500
    env = {
        "SERVICE_CLASS": f"{make.__module__}:{getattr(make, '__qualname__', '')}",
        "SERVICE_CONFIG": json.dumps(asdict(CONFIG)),
    }
    return System(
        parts=tuple(Part(name, lambda ports: make(ports, CONFIG), name, ENTRY, env) for name in COPIES),
        perform=perform,
        databases=tuple(DatabaseSpec(name, (Table("prices", ("product",), rows=_FIRST),)) for name in COPIES),
        polls=frozenset({("SELECT", "prices"), ("POST", "/rows")}),
        quiet_ms=quiet_ms,
        pause_ms=3 * CONFIG.poll_interval_ms,
        io_timeout_ms=IO_TIMEOUT_MS,
        bound_ms=4 * IO_TIMEOUT_MS + quiet_ms,
        schema=SCHEMA,
    )
