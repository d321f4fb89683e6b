"""Which world runs a subject: the one place where a world is chosen, asked only by the edges."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING

from shaketable.errors import UsageError
from shaketable.subject import Component, Subject
from shaketable.world import REAL_WORLDS, World

if TYPE_CHECKING:
    from shaketable.real.world import RealWorld

WORLDS = ("sim", "processes", "containers")
_OPENED: dict[tuple[str, bool], RealWorld] = {}
"""A real world keeps its servers up from run to run, so a process has one of each, and of each pace."""


def world_for(subject: Subject, name: str = "sim", *, hurried: bool = False) -> World:
    """The world `name` for this subject. Worlds are imported only when asked for: each has its own needs.

    A real one is patient, as a single story is replayed, or `hurried`, so that a search gets to more runs.
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
    if (name, hurried) not in _OPENED:
        if not _OPENED:
            atexit.register(close_worlds)
        _OPENED[name, hurried] = _real(name, hurried=hurried)
    return _OPENED[name, hurried]


def hurried_world_for(subject: Subject, name: str) -> World:
    """The world of a search: as `world_for`, where runs are many and servers real so fast as is still fair to them."""
    return world_for(subject, name, hurried=True)


def check_world(name: str) -> None:
    """UsageError unless `name` is a world and this machine has what it needs."""
    if name not in WORLDS:
        raise UsageError(f"there is no world {name!r}; worlds are {', '.join(WORLDS)}")
    for needed, how in _missing(name):
        raise UsageError(f"the world {name!r} lacks {needed}: {how} (see `shaketable doctor`)")


def sets_of(name: str, wanted: int | None = None) -> int:
    """How many sets of servers share a search on the world `name`: as `wanted`, else what this machine can bear.

    0 for a world without servers; UsageError when some are wanted there.
    """
    if name not in REAL_WORLDS:
        if wanted is not None:
            raise UsageError(
                f"the world {name!r} has no servers, so there is nothing to have several sets of"
            )
        return 0
    if wanted is not None:
        return wanted
    from shaketable.real.capacity import sets_affordable

    return sets_affordable(name)


def any_open() -> bool:
    """Whether a real world has to be closed."""
    return bool(_OPENED)


def interrupt_worlds() -> None:
    """For a signal handler: a run on a real world ends at once as a KeyboardInterrupt, and none begins any more."""
    for world in list(_OPENED.values()):
        world.interrupt()


def close_worlds() -> None:
    """Take every real world down. The edges call this at their end; an exit of the process does too."""
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


def _real(name: str, *, hurried: bool = False) -> RealWorld:
    from shaketable.real.world import SCALE, SEARCH_SCALE, RealWorld

    scale = SEARCH_SCALE if hurried else SCALE
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
