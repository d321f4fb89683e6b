"""Which world runs a subject: the one place where a world is chosen, asked only by the edges."""

from __future__ import annotations

from harness.errors import UsageError
from harness.subject import Component, Subject
from harness.world import World

WORLDS = ("sim", "processes", "containers")


def world_for(subject: Subject, name: str = "sim") -> World:
    """The world `name` for this subject. Worlds are imported only when asked for: each has its own needs."""
    check_world(name)
    if isinstance(subject.target, Component):
        from harness.subjects.component import ComponentWorld

        return ComponentWorld()
    from harness.sim.world import SimWorld

    return SimWorld()


def check_world(name: str) -> None:
    """UsageError unless `name` is a world that exists here."""
    if name not in WORLDS:
        raise UsageError(f"there is no world {name!r}; worlds are {', '.join(WORLDS)}")
    if name != "sim":
        raise UsageError(f"the world {name!r} is not built yet; use --world sim")
