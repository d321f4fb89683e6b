"""Requirements of the world `containers` on this machine, and how to get what is missing."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from shaketable.errors import HarnessError
from shaketable.real.containers.docker_engine import connect
from shaketable.real.containers.images import SERVICES, TABLE, overrides, present
from shaketable.real.machine_requirement import HARNESS_LIBRARIES, Requirement, libraries

_EXTRA = "containers"
_ENGINE_LIBRARIES = ("docker", "requests", "testcontainers", "urllib3")
_ENGINE = "install Docker (Debian: apt-get install docker.io) and start its service"
_NOT_ALLOWED = "its socket is closed to this user: add the user to the group docker, and log in again"


def requirements(environ: Mapping[str, str] = os.environ) -> tuple[Requirement, ...]:
    """Return all of them, found or not; nothing is started to find out.

    A server's image is optional: it is pulled when it is needed and a registry answers. The engine is not looked for
    without the libraries that speak to it.
    """
    of_engine = libraries(_ENGINE_LIBRARIES, _EXTRA)
    here = (
        Requirement("Linux", sys.platform == "linux", "the tap listens on the network of the containers"),
        *libraries(HARNESS_LIBRARIES, _EXTRA),
        *of_engine,
    )
    if not all(library.found for library in of_engine):
        return here
    try:
        client = connect()
    except HarnessError as error:
        how = _NOT_ALLOWED if isinstance(error.__cause__, PermissionError) else _ENGINE
        return (*here, Requirement("Docker engine", False, f"{how}; {error}"))
    try:
        images = tuple(_image(client, name, overrides(environ)) for name in TABLE)
    finally:
        client.close()
    return (*here, Requirement("Docker engine", True, ""), *images)


def missing() -> tuple[Requirement, ...]:
    """Return what keeps the world from starting; empty when it can."""
    return tuple(one for one in requirements() if not one.found and not one.optional)


def _image(client: object, name: str, instead: Mapping[str, str]) -> Requirement:
    found = present(client, name, instead)
    wanted = instead.get(name) or TABLE[name].official or TABLE[name].local
    how = "make images" if name == SERVICES else f"make images, or docker pull {wanted}"
    return Requirement(f"image {found or wanted}", found is not None, how, optional=name != SERVICES)
