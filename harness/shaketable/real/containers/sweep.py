"""Removes the containers, networks and volumes that a dead command left behind, when the next one starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from shaketable.real.bounded_waits import WaitExpired
from shaketable.real.containers.docker_engine import connect, engine_errors
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
    ours, api = {"label": OWNER}, client.api
    removed: list[str] = []

    def remove(name: str, call: Callable[..., None], *args: str, **how: bool) -> None:
        _remove_until_gone(name, partial(call, *args, **how))
        removed.append(name)

    with engine_errors("list what runs have left"):
        for container in api.containers(all=True, filters=ours):
            if selects(container["Labels"]):
                name = container["Names"][0].lstrip("/")
                remove(name, api.remove_container, container["Id"], force=True, v=True)
        for network in api.networks(filters=ours):
            if selects(network["Labels"]):
                remove(network["Name"], api.remove_network, network["Id"])
        for volume in api.volumes(filters=ours)["Volumes"] or ():
            if selects(volume["Labels"]):
                remove(volume["Name"], api.remove_volume, volume["Name"], force=True)
    return removed


def _remove_until_gone(name: str, remove: Callable[[], None]) -> None:
    """Try until it is gone: another command may be removing it too, or its last user is about to go."""
    from docker.errors import APIError, NotFound

    deadline = time.monotonic() + _GONE_WITHIN_S
    with engine_errors(f"remove {name}"):
        while True:
            try:
                return remove()
            except NotFound:
                return None
            except APIError as error:
                if time.monotonic() > deadline:
                    raise WaitExpired(
                        f"waited {_GONE_WITHIN_S} s for {name} of a run that is over to be removed, in vain: "
                        f"{error.explanation}"
                    ) from error
            time.sleep(_RETRY_S)
