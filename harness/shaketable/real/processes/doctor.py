"""Requirements of the world `processes` on this machine, and how to get what is missing."""

from __future__ import annotations

import shutil
import sys

from shaketable.errors import HarnessError
from shaketable.real.machine_requirement import HARNESS_LIBRARIES, Requirement, how_to_install, libraries
from shaketable.real.processes.binaries import TOXIPROXY, find
from shaketable.real.processes.server_place import as_process
from shaketable.real.processes.server_user import server_uid
from shaketable.real.servers.registry import KINDS

_EXTRA = "processes"
_TOXIPROXY_RELEASES = "https://github.com/Shopify/toxiproxy/releases has it"
_SERVICE_LIBRARIES = ("cryptography", "jwt", "redis", "starlette", "uvicorn", "uvloop")
"""Imported by the shipped services, which run in this interpreter's environment."""


def requirements() -> tuple[Requirement, ...]:
    """Return all of them, found or not; nothing is started or imported to find out."""
    how = how_to_install(_EXTRA)
    return (
        Requirement("Linux", sys.platform == "linux", "processes are ended with ours by the Linux kernel"),
        *(
            Requirement(f"{wheel.distribution} wheel", find(wheel) is not None, how)
            for starter in map(as_process, KINDS.values())
            if starter is not None and (wheel := starter.wheel) is not None
        ),
        *libraries((*HARNESS_LIBRARIES, *_SERVICE_LIBRARIES), _EXTRA),
        *_user(),
        Requirement(
            TOXIPROXY,
            shutil.which(TOXIPROXY) is not None,
            f"put it on PATH, for byte-level faults ({_TOXIPROXY_RELEASES}); without it such schedules are unknown",
            optional=True,
        ),
    )


def missing() -> tuple[Requirement, ...]:
    """Return what keeps the world from starting; empty when it can."""
    return tuple(one for one in requirements() if not one.found and not one.optional)


def _user() -> tuple[Requirement, ...]:
    try:
        server_uid()
    except HarnessError as error:
        return (Requirement("a user for the servers", False, str(error)),)
    return ()
