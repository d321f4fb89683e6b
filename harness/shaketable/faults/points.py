"""Faults at a fault point of a component: each happens to the call that reaches the point.

A fault point is a place inside a component that its adapter names and reaches: the request or the reply of a store, a
callback of the user. Inside one object no message crosses a boundary, so this is where it meets the rest of the world.
"""

from __future__ import annotations

from typing import ClassVar, get_args

import msgspec


class PointFault(msgspec.Struct, frozen=True, kw_only=True, tag_field="fault", forbid_unknown_fields=True):
    """Something happens to the call that reaches a fault point."""

    words: ClassVar[str]
    """What the harness does when the point is reached, in the imperative, with the fault's attributes in braces."""

    def plainer(self) -> tuple[AnyPointFault, ...]:
        """Return faults that are easier to understand, the plainest first, which the shrinker tries instead."""
        return ()


class PointFail(PointFault, frozen=True, tag="fail", kw_only=True):
    """What stands at the point raises `error`, the name of a built-in exception that takes a message."""

    words = "raise {error}"
    error: str = "ConnectionError"

    def plainer(self) -> tuple[AnyPointFault, ...]:
        plainest = PointFail()
        return () if self == plainest else (plainest,)


class PointLoss(PointFault, frozen=True, tag="lose", kw_only=True):
    """The message is lost there: the caller waits `timeout_ms` and gets TimeoutError.

    At a request nothing has happened by then, at a reply the effect has.
    """

    words = "lose the message and time out after {timeout_ms}"
    timeout_ms: int = 1_000

    def __post_init__(self) -> None:
        _at_least_one("timeout_ms", self.timeout_ms)

    def plainer(self) -> tuple[AnyPointFault, ...]:
        return (PointFail(),)


class PointDelay(PointFault, frozen=True, tag="delay", kw_only=True):
    """The call stands there for `for_ms` and goes on; others overtake it."""

    words = "wait {for_ms}"
    for_ms: int

    def __post_init__(self) -> None:
        _at_least_one("for_ms", self.for_ms)

    def plainer(self) -> tuple[AnyPointFault, ...]:
        return (PointFail(), PointLoss())


class PointCancel(PointFault, frozen=True, tag="cancel", kw_only=True):
    """The call is cancelled there, as if its caller had given up while it waited at the point."""

    words = "cancel the call"

    def plainer(self) -> tuple[AnyPointFault, ...]:
        return (PointFail(), PointLoss(), PointDelay(for_ms=1_000))


class PointCrash(PointFault, frozen=True, tag="crash", kw_only=True):
    """A power cut: no `finally` runs, every call in flight is lost, and the component is made anew.

    What it keeps outside itself (`durable`) survives.
    """

    words = "cut the power"

    def plainer(self) -> tuple[AnyPointFault, ...]:
        return (PointFail(), PointLoss(), PointDelay(for_ms=1_000), PointCancel())


AnyPointFault = PointFail | PointLoss | PointDelay | PointCancel | PointCrash

POINT_FAULT_TYPES: tuple[type[AnyPointFault], ...] = get_args(AnyPointFault)
"""Every type of fault at a point, the plainest first."""


def point_fault_name(fault: AnyPointFault) -> str:
    """Return the word for a fault in histories, files and reports."""
    return str(fault.__struct_config__.tag)


def _at_least_one(field: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{field} must be at least 1, got {value}")
