"""The waiting list as a system: two instances of the service, a database, and a Redis."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from shaketable.ports import Ports, Service
from shaketable.subject import DatabaseSpec, Part, System, Table
from shaketable_patterns.order_system.system import ENTRY, name_of
from shaketable_patterns.waiting_list.client import SERVICE, perform
from shaketable_patterns.waiting_list.profile import CONFIG, GRACE_MS, IO_TIMEOUT_MS
from shaketable_targets.waiting_list.schema import SCHEMA
from shaketable_targets.waiting_list.service import WaitingListService

WAITING = DatabaseSpec("waiting", (Table("places", ("name",)), Table("waitings", ("id",))))
INSTANCES = ("waitlist-1", "waitlist-2")
_QUIET_MS = 15_000
"""Shorter than the period of healing: what is to be judged after one is waited for by the schedule."""


def waiting_list(
    *,
    make: Callable[..., Service] = WaitingListService,
    collaborator: object = None,
    instances: tuple[str, ...] = INSTANCES,
) -> System:
    """Return the system; `collaborator` is what `make` is given as its third argument, if anything."""
    given = () if collaborator is None else (collaborator,)

    def start(ports: Ports) -> Service:
        return make(ports, CONFIG, *given)

    env = {"SERVICE_CLASS": name_of(make), "SERVICE_CONFIG": json.dumps(asdict(CONFIG))}
    if collaborator is not None:
        env["SERVICE_COLLABORATOR"] = name_of(collaborator)
    return System(
        parts=tuple(Part(name, start, "waiting", ENTRY, env, role=SERVICE) for name in instances),
        perform=perform,
        databases=(WAITING,),
        uses_cache=True,
        session_timeout_ms=0,
        quiet_ms=_QUIET_MS,
        io_timeout_ms=IO_TIMEOUT_MS,
        bound_ms=2 * CONFIG.poll_interval_ms + GRACE_MS + _QUIET_MS,
        schema=SCHEMA,
        id_fields=frozenset({"waiting", "place"}),
    )
