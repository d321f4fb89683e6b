"""Removes the containers, networks and volumes that a dead command left behind, when the next one starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from shaketable.errors import HarnessError
from shaketable.real.containers.docker_engine import connect
from shaketable.real.containers.owner import OWNER, RUN, is_abandoned
from shaketable.real.supervision.sweep import sweep_now as sweep_folders

_GONE_WITHIN_S = 15
_RETRY_S = 0.05


def sweep(client: Any) -> list[str]:
    """Remove what dead commands left and return its names. What a living command owns stays."""
    return _remove(client, is_abandoned)


def sweep_now() -> list[str]:
    """Do the same with a client of its own; then remove the folders of dead commands, into which no container writes now."""
    try:
        client = connect()
        try:
            return sweep(client)
        finally:
            client.close()
    finally:
        sweep_folders()


def remove_run(client: Any, run: str) -> list[str]:
    """Remove everything of one run, whichever command started it, and return the names."""
    return _remove(client, lambda labels: labels.get(RUN) == run)


def _remove(client: Any, selects: Callable[[Mapping[str, str]], bool]) -> list[str]:
    """Remove what `selects` by its labels, containers first: a network or a volume can go when no container uses it."""
    ours = {"label": OWNER}
    removed = []
    for container in client.api.containers(all=True, filters=ours):
        if selects(container["Labels"]):
            _remove_container(client, container["Id"])
            removed.append(container["Names"][0].lstrip("/"))
    for network in client.api.networks(filters=ours):
        if selects(network["Labels"]):
            _remove_until_gone(lambda name=network["Id"]: client.api.remove_network(name))  # type: ignore[misc]
            removed.append(network["Name"])
    for volume in client.api.volumes(filters=ours)["Volumes"] or ():
        if selects(volume["Labels"]):
            _remove_until_gone(lambda name=volume["Name"]: client.api.remove_volume(name, force=True))  # type: ignore[misc]
            removed.append(volume["Name"])
    return removed


def _remove_container(client: Any, name: str) -> None:
    _remove_until_gone(lambda: client.api.remove_container(name, force=True, v=True))


def _remove_until_gone(remove: Callable[[], None]) -> None:
    """Try until it is gone: another command may be removing it too, or its last user is about to go."""
    from docker.errors import APIError, NotFound

    deadline = time.monotonic() + _GONE_WITHIN_S
    while True:
        try:
            return remove()
        except NotFound:
            return None
        except APIError as error:
            if time.monotonic() > deadline:
                raise HarnessError(
                    f"something of a dead run cannot be removed: {error.explanation}"
                ) from error
        time.sleep(_RETRY_S)
