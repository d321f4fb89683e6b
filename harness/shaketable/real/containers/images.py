"""Which image each party runs in: one table, with what `make images` builds where no registry answers."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shaketable.errors import UsageError
from shaketable.real.containers.docker_engine import refusals

SERVICES = "services"
VARIABLE = "SHAKETABLE_IMAGE_"


@dataclass(frozen=True, slots=True)
class Names:
    """The official image, if there is one, and ours; both take the same command, user and environment."""

    official: str
    local: str


TABLE = {
    "postgres": Names("postgres:16", "shaketable/postgres"),
    "kafka": Names("apache/kafka:3.9.1", "shaketable/kafka"),
    "redis": Names("redis:7", "shaketable/redis"),
    "toxiproxy": Names("ghcr.io/shopify/toxiproxy:2.12.0", "shaketable/toxiproxy"),
    SERVICES: Names("", "shaketable/services"),
}


def overrides(environ: Mapping[str, str]) -> dict[str, str]:
    """What the environment names instead: SHAKETABLE_IMAGE_KAFKA=... for the party `kafka`."""
    return {
        party: environ[f"{VARIABLE}{party.upper()}"]
        for party in TABLE
        if environ.get(f"{VARIABLE}{party.upper()}")
    }


def present(client: Any, party: str, instead: Mapping[str, str]) -> str | None:
    """The image of `party` that this engine has: the one asked for, else the official one, else ours."""
    from docker.errors import ImageNotFound

    names = TABLE[party]
    for name in (instead[party],) if party in instead else (names.official, names.local):
        with refusals(), contextlib.suppress(ImageNotFound):
            if name and client.images.get(name):
                return name
    return None


def obtain(client: Any, party: str, instead: Mapping[str, str]) -> str:
    """Like `present`, and a registry is asked when nothing is; UsageError that says how to get one."""
    from docker.errors import DockerException
    from requests import RequestException

    found = present(client, party, instead)
    if found is not None:
        return found
    wanted = instead.get(party) or TABLE[party].official
    if not wanted:
        raise UsageError(f"the image {TABLE[party].local} is missing: make images")
    try:
        client.images.pull(wanted)
    except (DockerException, RequestException) as error:
        raise UsageError(
            f"the image {wanted} is missing and cannot be pulled: make images builds one from packages"
        ) from error
    return wanted


def entry_point(client: Any, image: str) -> tuple[str, ...]:
    """The program that the image starts in front of its command."""
    with refusals():
        return tuple(client.images.get(image).attrs["Config"]["Entrypoint"] or ())
