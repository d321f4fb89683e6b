"""Kinds of components: a package of patterns offers each under its name, by an entry point of the group `GROUP`.

So the harness can give users `shaketable.breaker` without knowing any pattern.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol, cast

from shaketable.components.adapter import AnyAdapter, Carrier, Make, TimeWay
from shaketable.errors import UsageError
from shaketable.profile import Knob, Profile
from shaketable.subject import Expectation, Subject

GROUP = "shaketable.kinds"


class ComponentKind(Protocol):
    """A function that makes a subject of one kind of component, such as `shaketable.breaker`."""

    def __call__(
        self,
        name: str,
        make: Make[AnyAdapter],
        *,
        profile: dict[str, Knob] | Profile,
        sync: bool,
        time: TimeWay = "substituted",
        carrier: Carrier = "threads",
        expects: Expectation | None = None,
        summary: str = "",
        mutant_of: str = "",
        kills: tuple[str, ...] = (),
    ) -> Subject:
        """Return a subject for `certify`, under the promises of this kind.

        `make(clock)` builds the component anew for each run and returns an object with a method `call(fn)`, a coroutine
        function unless `sync`. `profile` declares every knob of the kind. `time` is the way in which virtual time
        reaches the component (see `TimeWay`), `carrier` the kind of stack on which each sync call runs (see `Carrier`).
        `expects`, `mutant_of` and `kills` are for subjects whose defects are known. Raises UsageError when the profile
        is incomplete or contradicts itself.
        """
        ...


def kind_named(name: str) -> ComponentKind:
    """Return the kind of component called `name`. Raises UsageError when no installed package offers it."""
    points = {point.name: point for point in entry_points(group=GROUP)}
    if name not in points:
        raise UsageError(
            f"shaketable.{name} is a kind of component, and no installed package offers it by an entry point of the "
            f"group {GROUP!r}; the package shaketable_patterns does, so this installation of shaketable is incomplete or "
            "older than its files: install it again with pip"
        )
    return cast(ComponentKind, points[name].load())
