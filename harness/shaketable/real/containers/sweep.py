"""Containers, networks and volumes that a dead command left behind are removed when the next one starts."""

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
    """Remove what dead commands left; the names of what was removed. What a living command owns stays."""
    return _remove(client, is_abandoned)


def sweep_now() -> list[str]:
    """The same with a client of its own, and then the folders of dead commands, which no container writes into any more."""
    try:
        client = connect()
        try:
            return sweep(client)
        finally:
            client.close()
    finally:
        sweep_folders()


def remove_run(client: Any, run: str) -> list[str]:
    """Remove everything of one run, whoever started it."""
    return _remove(client, lambda labels: labels.get(RUN) == run)


def _remove(client: Any, doomed: Callable[[Mapping[str, str]], bool]) -> list[str]:
    """Containers first: a network or a volume goes when nobody uses it."""
    ours = {"label": OWNER}
    removed = []
    for container in client.api.containers(all=True, filters=ours):
        if doomed(container["Labels"]):
            _remove_container(client, container["Id"])
            removed.append(container["Names"][0].lstrip("/"))
    for network in client.api.networks(filters=ours):
        if doomed(network["Labels"]):
            _insist(lambda name=network["Id"]: client.api.remove_network(name))  # type: ignore[misc]
            removed.append(network["Name"])
    for volume in client.api.volumes(filters=ours)["Volumes"] or ():
        if doomed(volume["Labels"]):
            _insist(lambda name=volume["Name"]: client.api.remove_volume(name, force=True))  # type: ignore[misc]
            removed.append(volume["Name"])
    return removed


def _remove_container(client: Any, name: str) -> None:
    _insist(lambda: client.api.remove_container(name, force=True, v=True))


def _insist(remove: Callable[[], None]) -> None:
    """Until it is gone: another command may be removing it too, or its last user is about to go."""
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
