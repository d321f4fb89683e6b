"""The choice of the world that runs a subject: made here and nowhere else, and asked for only by the edges."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING

from shaketable.errors import UsageError
from shaketable.subject import Component, Subject
from shaketable.world import World
from shaketable.world_traits import WORLDS, traits_of

if TYPE_CHECKING:
    from shaketable.real.world import RealWorld

_OPENED: dict[tuple[str, bool], RealWorld] = {}
"""A real world keeps its servers up from run to run, so a process has one of each name and pace."""


def world_for(subject: Subject, name: str = "sim", *, fast: bool = False) -> World:
    """Return the world `name` for this subject. A world is imported only when asked for: each has its own needs.

    On a real one time passes as for the replay of a single story, or `fast`, so that a search gets to more runs.
    UsageError when there is no such world, it lacks something on this machine, or it cannot run this subject.
    """
    check_world(name)
    if isinstance(subject.target, Component):
        from shaketable.components.world import ComponentWorld

        if name != "sim":
            raise UsageError(
                f"{subject.name} is a component: it runs in this process, so only in the world sim"
            )
        return ComponentWorld()
    if name == "sim":
        from shaketable.sim.world import SimWorld

        return SimWorld()
    if (name, fast) not in _OPENED:
        if not _OPENED:
            atexit.register(close_worlds)
        _OPENED[name, fast] = _real(name, fast=fast)
    return _OPENED[name, fast]


def search_world_for(subject: Subject, name: str) -> World:
    """Return the world of a search: as `world_for`; on real servers time passes as fast as services still keep up with."""
    return world_for(subject, name, fast=True)


def check_world(name: str) -> None:
    """Raise UsageError unless `name` is a world and this machine has what it needs."""
    if name not in WORLDS:
        raise UsageError(f"there is no world {name!r}; worlds are {', '.join(WORLDS)}")
    for needed, how in _missing(name):
        raise UsageError(f"the world {name!r} lacks {needed}: {how} (see `shaketable doctor`)")


def sets_of(name: str, wanted: int | None = None) -> int:
    """Return how many sets of servers share a search on the world `name`: `wanted`, else what this machine can bear.

    0 for a world without servers; UsageError when some are wanted there.
    """
    if not traits_of(name).has_servers:
        if wanted is not None:
            raise UsageError(
                f"the world {name!r} has no servers, so there is nothing to have several sets of"
            )
        return 0
    if wanted is not None:
        return wanted
    from shaketable.real.server_sets import sets_affordable

    return sets_affordable(name)


def any_open() -> bool:
    """Tell whether a real world has to be closed."""
    return bool(_OPENED)


def interrupt_worlds() -> None:
    """End a run on a real world at once as a KeyboardInterrupt and let none begin any more; for a signal handler."""
    for world in list(_OPENED.values()):
        world.interrupt()


def close_worlds() -> None:
    """Take every real world down. The edges call this at their end, and so does an exit of the process."""
    while _OPENED:
        _OPENED.popitem()[1].close()


def _missing(name: str) -> list[tuple[str, str]]:
    if name == "processes":
        from shaketable.real.processes.doctor import missing as of_processes

        return [(one.name, one.how) for one in of_processes()]
    if name == "containers":
        from shaketable.real.containers.doctor import missing as of_containers

        return [(one.name, one.how) for one in of_containers()]
    return []


def _real(name: str, *, fast: bool) -> RealWorld:
    from shaketable.real.world import SCALE, SEARCH_SCALE, RealWorld

    scale = SEARCH_SCALE if fast else SCALE
    if name == "processes":
        from shaketable.real.processes.binaries import has_toxiproxy
        from shaketable.real.processes.launcher import ProcessLauncher

        return RealWorld(
            "processes",
            lambda system: ProcessLauncher(system.entries),
            scale=scale,
            has_toxiproxy=has_toxiproxy(),
        )
    from shaketable.real.containers.images import overrides
    from shaketable.real.containers.launcher import ContainerLauncher

    return RealWorld(
        "containers", lambda _: ContainerLauncher(overrides(os.environ)), scale=scale, has_toxiproxy=True
    )
