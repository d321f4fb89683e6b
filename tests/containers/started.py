"""Started launchers for container tests, why there may be none, and what the engine still has."""

import functools
import os
from typing import Any

import pytest

from shaketable.real.containers.doctor import requirements
from shaketable.real.containers.owner import OWNER, RUN
from shaketable.real.stack.launcher import Needs
from shaketable.subject import Server, Subject
from shaketable_patterns.catalogue import order_subjects
from tests.processes.launcher_contract import service

_ABSENT = [one for one in requirements() if not one.found]

# On a developer's machine there may be no engine or no images; in CI their absence is a failure.
needs_docker = pytest.mark.skipif(
    bool(_ABSENT) and not os.environ.get("CI"),
    reason="; ".join(f"{one.name}: {one.how}" for one in _ABSENT) or "everything is here",
)


CACHE = Server("redis", "redis")
PAYMENT = service("payment")
EVERYTHING = Needs((Server("postgres", "postgresql"), Server("kafka", "kafka"), CACHE), (PAYMENT,))


@functools.cache  # a world keeps its stack for as long as the system is the same one
def hardened() -> Subject:
    return next(s for s in order_subjects() if s.name == "order-saga/hardened")


def left_of(client: Any, run: str) -> list[str]:
    """Return the names of all that the engine has of `run`."""
    label = {"label": f"{RUN}={run}"}
    return [
        *(one["Names"][0] for one in client.api.containers(all=True, filters=label)),
        *(one["Name"] for one in client.api.networks(filters=label)),
        *(one["Name"] for one in client.api.volumes(filters=label)["Volumes"] or ()),
    ]


def volumes(client: Any) -> set[str]:
    """List all volumes, for one without a name of ours would carry no label either."""
    return {one["Name"] for one in client.api.volumes()["Volumes"] or ()}


def runs(client: Any) -> set[str]:
    """List every run of which the engine has anything."""
    ours = {"label": OWNER}
    return {
        one["Labels"][RUN]
        for one in (*client.api.containers(all=True, filters=ours), *client.api.networks(filters=ours))
    }
