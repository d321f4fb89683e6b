"""What the world `processes` needs on this machine, and how to get what is missing."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass

from shaketable.errors import HarnessError
from shaketable.real.processes.binaries import TOXIPROXY, find, wheel_of
from shaketable.real.processes.server_user import server_uid
from shaketable.real.requirement import how_to_install

_TOXIPROXY = "https://github.com/Shopify/toxiproxy/releases has it"
_LIBRARIES = ("asyncpg", "redis", "starlette", "uvicorn", "uvloop")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing the world needs. `how` says how to get it; without an optional one only some faults are unknown."""

    name: str
    found: bool
    how: str
    optional: bool = False


def requirements() -> tuple[Requirement, ...]:
    """All of them, found or not; nothing is started or imported to find out."""
    extra = how_to_install("processes")
    return (
        Requirement("Linux", sys.platform == "linux", "processes are ended with ours by the Linux kernel"),
        *(
            Requirement(f"{wheel_of(server)} wheel", find(server) is not None, extra)
            for server in ("postgres", "redis", "kafka")
        ),
        *(
            Requirement(f"{name} library", importlib.util.find_spec(name) is not None, extra)
            for name in _LIBRARIES
        ),
        *_user(),
        Requirement(
            TOXIPROXY,
            shutil.which(TOXIPROXY) is not None,
            f"put it on PATH, for byte-level faults ({_TOXIPROXY}); without it such schedules are unknown",
            optional=True,
        ),
    )


def missing() -> tuple[Requirement, ...]:
    """What keeps the world from starting; empty when it can."""
    return tuple(one for one in requirements() if not one.found and not one.optional)


def _user() -> tuple[Requirement, ...]:
    try:
        server_uid()
    except HarnessError as error:
        return (Requirement("a user for the servers", False, str(error)),)
    return ()
