"""The front as a system: one service, its database, and those outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from shaketable.ports import Ports, Service
from shaketable.subject import DatabaseSpec, Part, System, Table
from shaketable_patterns.order_system.system import ENTRY, name_of
from shaketable_patterns.restaurant_front.client import SERVICE, perform
from shaketable_patterns.restaurant_front.outside import OUTSIDE
from shaketable_patterns.restaurant_front.profile import CONFIG, DEFERRED_MS, IO_TIMEOUT_MS
from shaketable_targets.order_system.config import Config
from shaketable_targets.restaurant_front.schema import SCHEMA
from shaketable_targets.restaurant_front.service import FrontService
from shaketable_targets.restaurant_front.settings import CALL_TIMEOUT_MS

FRONT = DatabaseSpec(SERVICE, (Table("orders", ("id",)), Table("mails", ("order",))))
Make = Callable[[Ports, Config], Service]


def front(make: Make = FrontService) -> System:
    """Return the system of the front that `make` makes."""
    # The longest it is silent while a mail is owed: its worker waits for a connection in vain, and then for its next look.
    pause_ms = CONFIG.poll_interval_ms + CALL_TIMEOUT_MS + 500
    quiet_ms = 2 * pause_ms
    env = {"SERVICE_CLASS": name_of(make), "SERVICE_CONFIG": json.dumps(asdict(CONFIG))}
    return System(
        parts=(Part(SERVICE, lambda ports: make(ports, CONFIG), SERVICE, ENTRY, env),),
        perform=perform,
        databases=(FRONT,),
        externals=OUTSIDE,
        polls=frozenset({("SELECT", "mails")}),
        session_timeout_ms=0,
        quiet_ms=quiet_ms,
        pause_ms=pause_ms,
        io_timeout_ms=IO_TIMEOUT_MS,
        bound_ms=DEFERRED_MS + 6 * CALL_TIMEOUT_MS + quiet_ms,
        schema=SCHEMA,
        id_fields=frozenset({"request", "order"}),
    )
