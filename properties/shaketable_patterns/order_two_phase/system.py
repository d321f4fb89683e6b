"""The orders by two-phase commit as a system: a coordinator and two participants, each with a database of one PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from shaketable.ports import Ports, Service
from shaketable.subject import DatabaseSpec, Part, System, Table
from shaketable_patterns.order_two_phase.client import perform
from shaketable_patterns.order_two_phase.profile import CONFIG, IO_TIMEOUT_MS
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_two_phase.coordinator import Coordinator
from shaketable_targets.order_two_phase.participant import InventoryService, PaymentService
from shaketable_targets.order_two_phase.schema import SCHEMA

ENTRY = "shaketable_targets.order_system.app:main"
STOCK = {"chair": 3, "desk": 2}
BALANCES = {"u1": 60, "u2": 40}
POLLS = frozenset({("SELECT", "orders")})

DATABASES = (
    DatabaseSpec("order", (Table("orders", ("id",)),)),
    DatabaseSpec(
        "payment",
        (
            Table(
                "accounts",
                ("user_id",),
                not_negative=("balance",),
                rows=tuple({"user_id": user, "balance": balance} for user, balance in BALANCES.items()),
            ),
            Table("charges", ("order",)),
        ),
    ),
    DatabaseSpec(
        "inventory",
        (
            Table(
                "stock",
                ("item",),
                not_negative=("available",),
                rows=tuple({"item": item, "available": available} for item, available in STOCK.items()),
            ),
            Table("reservations", ("order",)),
        ),
    ),
)
Make = Callable[[Ports, Config], Service]


def order_two_phase(
    *, order: Make = Coordinator, payment: Make = PaymentService, inventory: Make = InventoryService
) -> System:
    """Return the system with these services."""
    quiet_ms = CONFIG.poll_interval_ms + IO_TIMEOUT_MS + 500
    made = {"order": order, "payment": payment, "inventory": inventory}
    return System(
        parts=tuple(_part(name, make) for name, make in made.items()),
        perform=perform,
        databases=DATABASES,
        polls=POLLS,
        quiet_ms=quiet_ms,
        pause_ms=2 * CONFIG.poll_interval_ms,
        io_timeout_ms=IO_TIMEOUT_MS,
        bound_ms=4 * CONFIG.poll_interval_ms + 2 * IO_TIMEOUT_MS + quiet_ms,
        schema=SCHEMA,
        id_fields=frozenset({"order"}),
    )


def _part(name: str, make: Make) -> Part:
    env = {
        "SERVICE_CLASS": f"{make.__module__}:{getattr(make, '__qualname__', '')}",
        "SERVICE_CONFIG": json.dumps(asdict(CONFIG)),
    }
    return Part(name, lambda ports: make(ports, CONFIG), name, ENTRY, env)
