"""What can go wrong at a fault point: frozen data, meaning only. The drivers of components supply the mechanism.

A fault point is a place inside a component that its adapter names and reaches: the request or the reply of a store, a
callback of the user. Inside one object no message crosses a boundary, so this is where it meets the rest of the world.
"""

from __future__ import annotations

import msgspec


class PointFault(msgspec.Struct, frozen=True, kw_only=True, tag_field="fault", forbid_unknown_fields=True):
    """Something happens to the call that reaches a fault point."""


class PointFail(PointFault, frozen=True, tag="fail", kw_only=True):
    """What stands at the point raises `error`, the name of a built-in exception that takes a message."""

    error: str = "ConnectionError"


class PointLoss(PointFault, frozen=True, tag="lose", kw_only=True):
    """The message is lost there: the caller waits `timeout_ms` and gets TimeoutError.

    At a request nothing has happened by then, at a reply the effect has.
    """

    timeout_ms: int = 1_000

    def __post_init__(self) -> None:
        _at_least_one("timeout_ms", self.timeout_ms)


class PointDelay(PointFault, frozen=True, tag="delay", kw_only=True):
    """The call stands there for `for_ms` and goes on; others overtake it."""

    for_ms: int

    def __post_init__(self) -> None:
        _at_least_one("for_ms", self.for_ms)


class PointCancel(PointFault, frozen=True, tag="cancel", kw_only=True):
    """The call is cancelled there, as if its caller had given up while it waited at the point."""


class PointCrash(PointFault, frozen=True, tag="crash", kw_only=True):
    """A power cut: no `finally` runs, every call in flight is lost, and the component is made anew.

    What it keeps outside itself (`durable`) survives.
    """


AnyPointFault = PointFail | PointLoss | PointDelay | PointCancel | PointCrash
"""From the plainest to the least plain: a shrinker prefers what stands further left."""

PLAINER: tuple[type[AnyPointFault], ...] = (PointFail, PointLoss, PointDelay, PointCancel, PointCrash)


def point_fault_name(fault: AnyPointFault) -> str:
    """Return the word for a fault in histories, files and reports."""
    return str(fault.__struct_config__.tag)


def plainer_than(fault: AnyPointFault) -> tuple[AnyPointFault, ...]:
    """Return the plainer faults to try in its place, the plainest first."""
    plain: tuple[AnyPointFault, ...] = (PointFail(), PointLoss(), PointDelay(for_ms=1_000), PointCancel())
    return tuple(one for one in plain[: max(1, PLAINER.index(type(fault)))] if one != fault)


def _at_least_one(field: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{field} must be at least 1, got {value}")
