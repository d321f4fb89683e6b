"""What the world `containers` needs on this machine, and how to get what is missing."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping

from shaketable.errors import HarnessError
from shaketable.real.containers.docker_engine import connect
from shaketable.real.containers.images import SERVICES, TABLE, overrides, present
from shaketable.real.processes.doctor import Requirement
from shaketable.real.requirement import how_to_install

_ENGINE = "install Docker (Debian: apt-get install docker.io) and start its service"
_NOT_ALLOWED = "its socket is closed to this user: add the user to the group docker, and log in again"
_LIBRARIES = ("asyncpg", "redis")


def requirements(environ: Mapping[str, str] = os.environ) -> tuple[Requirement, ...]:
    """All of them, found or not; nothing is started to find out.

    A server's image is optional: it is pulled when it is needed and a registry answers.
    """
    try:
        client = connect()
    except HarnessError as error:
        how = _NOT_ALLOWED if isinstance(error.__cause__, PermissionError) else _ENGINE
        return (*_here(), Requirement("Docker engine", False, f"{how}; {error}"))
    try:
        images = tuple(_image(client, party, overrides(environ)) for party in TABLE)
    finally:
        client.close()
    return (*_here(), Requirement("Docker engine", True, ""), *images)


def missing() -> tuple[Requirement, ...]:
    """What keeps the world from starting; empty when it can."""
    return tuple(one for one in requirements() if not one.found and not one.optional)


def _here() -> tuple[Requirement, ...]:
    return (
        Requirement("Linux", sys.platform == "linux", "the tap listens on the network of the containers"),
        *(
            Requirement(
                f"{name} library",
                importlib.util.find_spec(name) is not None,
                how_to_install("services"),
            )
            for name in _LIBRARIES
        ),
    )


def _image(client: object, party: str, instead: Mapping[str, str]) -> Requirement:
    found = present(client, party, instead)
    wanted = instead.get(party) or TABLE[party].official or TABLE[party].local
    how = "make images" if party == SERVICES else f"make images, or docker pull {wanted}"
    return Requirement(f"image {found or wanted}", found is not None, how, optional=party != SERVICES)
