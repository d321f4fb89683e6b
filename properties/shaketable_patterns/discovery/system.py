"""The registry and its services as a system: two replicas, three instances, two desks, and the platform that starts them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from shaketable.ports import Ports, Service
from shaketable.subject import Part, System
from shaketable_patterns.discovery.client import perform
from shaketable_patterns.discovery.platform import PLATFORM_PARTY
from shaketable_patterns.order_system.system import ENTRY, name_of
from shaketable_targets.discovery import settings as known
from shaketable_targets.discovery.desk import Desk
from shaketable_targets.discovery.member import Member
from shaketable_targets.discovery.registry import Registry
from shaketable_targets.discovery.settings import APP, DESKS, MEMBERS, REGISTRIES, Settings
from shaketable_targets.order_system.config import Config

Make = Callable[[Ports, Config, Settings], Service]
_CONFIG = Config()
_QUIET_MS = 4_000


def discovery(
    settings: str = "DOCUMENT", *, registry: Make = Registry, member: Make = Member, desk: Make = Desk
) -> System:
    """Return the system of the settings of this name; the makes are its services, each with one mistake or none."""
    makes = {
        **dict.fromkeys(REGISTRIES, registry),
        **dict.fromkeys(MEMBERS, member),
        **dict.fromkeys(DESKS, desk),
    }
    polls = {("GET", "/eureka/apps"), *(("PUT", f"/eureka/apps/{APP}/{name}") for name in MEMBERS)}
    chosen: Settings = getattr(known, settings)
    return System(
        parts=tuple(_part(name, make, settings) for name, make in makes.items()),
        perform=perform,
        externals=(PLATFORM_PARTY,),
        polls=frozenset(polls),
        session_timeout_ms=0,
        starts_anew=True,
        quiet_ms=_QUIET_MS,
        io_timeout_ms=chosen.timeout_ms,
        bound_ms=2 * chosen.heartbeat_ms + 4 * _QUIET_MS,
    )


def _part(name: str, make: Make, settings: str) -> Part:
    chosen: Settings = getattr(known, settings)

    def start(ports: Ports) -> Service:
        return make(ports, _CONFIG, chosen)

    env = {
        "SERVICE_CLASS": name_of(make),
        "SERVICE_CONFIG": json.dumps(asdict(_CONFIG)),
        "SERVICE_COLLABORATOR": f"{known.__name__}:{settings}",
    }
    return Part(name, start, "", ENTRY, env)
