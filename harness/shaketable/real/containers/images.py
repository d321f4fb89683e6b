"""The image that each server and the services run in: one table, with what `make images` builds without a registry."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shaketable.errors import UsageError
from shaketable.real.containers.docker_engine import engine_errors
from shaketable.real.containers.servers import as_container
from shaketable.real.servers.registry import KINDS

SERVICES = "services"
VARIABLE = "SHAKETABLE_IMAGE_"


@dataclass(frozen=True, slots=True)
class Names:
    """The official image, if there is one, and ours; both take the same command, user and environment."""

    official: str
    local: str


TABLE = {
    **{
        kind.name: Names(server.official, server.local)
        for kind in KINDS.values()
        if (server := as_container(kind)) is not None
    },
    "toxiproxy": Names("ghcr.io/shopify/toxiproxy:2.12.0", "shaketable/toxiproxy"),
    SERVICES: Names("", "shaketable/services"),
}


def overrides(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the images that the environment names instead: SHAKETABLE_IMAGE_KAFKA=... for `kafka`."""
    return {
        name: environ[f"{VARIABLE}{name.upper()}"]
        for name in TABLE
        if environ.get(f"{VARIABLE}{name.upper()}")
    }


def present(client: Any, name: str, instead: Mapping[str, str]) -> str | None:
    """Return the image of `name` that this engine has: the one asked for, else the official one, else ours."""
    from docker.errors import ImageNotFound

    names = TABLE[name]
    for image in (instead[name],) if name in instead else (names.official, names.local):
        with engine_errors(f"look for the image {image}"), contextlib.suppress(ImageNotFound):
            if image and client.images.get(image):
                return image
    return None


def obtain(client: Any, name: str, instead: Mapping[str, str]) -> str:
    """Return what `present` does, else pull it from a registry; UsageError that says how to get one."""
    from docker.errors import DockerException
    from urllib3.exceptions import HTTPError

    found = present(client, name, instead)
    if found is not None:
        return found
    wanted = instead.get(name) or TABLE[name].official
    if not wanted:
        raise UsageError(f"the image {TABLE[name].local} is missing: make images")
    try:
        client.images.pull(wanted)
    except (DockerException, HTTPError, OSError) as error:  # of a pull that stops halfway too
        raise UsageError(
            f"the image {wanted} is missing and cannot be pulled: make images builds one from packages"
        ) from error
    return wanted


def entry_point(client: Any, image: str) -> tuple[str, ...]:
    """Return the program that the image starts in front of its command."""
    with engine_errors(f"tell the entry point of the image {image}"):
        return tuple(client.images.get(image).attrs["Config"]["Entrypoint"] or ())
