"""A schedule is data: a frozen list of steps, and the versioned file a counterexample is kept in.

Generated, enumerated, shrunk, stored and executed as this; nothing else passes between those parts.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shaketable.errors import FileFormatError
from shaketable.fault import Fault
from shaketable.faults.points import AnyPointFault
from shaketable.history import Json
from shaketable.orders.deviation import Deviation
from shaketable.orders.policy import Orders, Policy

FORMAT = "shaketable/schedule"
VERSION = 1


class Do(msgspec.Struct, frozen=True, tag="do", tag_field="step", forbid_unknown_fields=True):
    """A client starts op `f` with `value`; the step does not wait for the answer."""

    f: str
    value: Json = None


class Inject(msgspec.Struct, frozen=True, tag="inject", tag_field="step", forbid_unknown_fields=True):
    """Arm a message fault, or let a timed fault happen now."""

    fault: Fault


class Heal(msgspec.Struct, frozen=True, tag="heal", tag_field="step", forbid_unknown_fields=True):
    """End every fault in force now: links carry, processes run, unfired message faults are disarmed."""


class Wait(msgspec.Struct, frozen=True, tag="wait", tag_field="step", forbid_unknown_fields=True):
    """Time passes."""

    ms: int

    def __post_init__(self) -> None:
        if self.ms < 0:
            raise ValueError(f"ms must not be negative, got {self.ms}")


class AtPoint(msgspec.Struct, frozen=True, tag="at_point", tag_field="step", forbid_unknown_fields=True):
    """Arm a fault inside a component: it happens when `point` is reached for the `n`-th time from now on.

    With `call`, only that call's times count; without, those of every call and of what runs beside the calls.
    """

    point: str
    fault: AnyPointFault
    call: int | None = None
    n: int = 1

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"n must be at least 1, got {self.n}")


Step = Do | Inject | Heal | Wait | AtPoint


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The breach that a counterexample shows: a replay must show it again."""

    promise: str
    anomaly: str


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The steps that are done to `subject`, in order. The seed is the world's only source of randomness.

    Without `deviations` and `policy` what is due first arrives first: neither stands in the file then.
    """

    subject: str
    steps: tuple[Step, ...]
    seed: int = 0
    expected: Expected | None = None
    deviations: tuple[Deviation, ...] | msgspec.UnsetType = msgspec.UNSET
    policy: Policy | msgspec.UnsetType = msgspec.UNSET

    @property
    def orders(self) -> Orders | None:
        """What decides the order of arrivals; None if nothing does."""
        if not self.deviations and not self.policy:
            return None
        return Orders(self.deviations or (), self.policy or None)

    def with_deviations(self, deviations: Sequence[Deviation]) -> Schedule:
        """Return this schedule with these deviations and no policy."""
        return msgspec.structs.replace(
            self, deviations=tuple(deviations) or msgspec.UNSET, policy=msgspec.UNSET
        )

    def with_policy(self, policy: Policy) -> Schedule:
        """Return this schedule under a policy."""
        return msgspec.structs.replace(self, policy=policy)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    schedule: Schedule


_DECODER = msgspec.json.Decoder(_File)


def dumps(schedule: Schedule) -> bytes:
    """Return the file's bytes: indented JSON, same schedule same bytes."""
    return msgspec.json.format(msgspec.json.encode(_File(FORMAT, VERSION, schedule)), indent=1) + b"\n"


def loads(data: bytes, source: str = "the file") -> Schedule:
    """Read a schedule; FileFormatError names the first thing that is wrong with it."""
    try:
        file = _DECODER.decode(data)
    except (
        msgspec.DecodeError,
        RecursionError,
        ValueError,
        OverflowError,
    ) as error:  # UnicodeError is a ValueError
        raise FileFormatError(f"{source} is no shaketable schedule: {error}") from None
    if file.format != FORMAT or file.version != VERSION:
        raise FileFormatError(
            f"{source} is {file.format!r} version {file.version}; this shaketable reads {FORMAT!r} version {VERSION}"
        )
    return file.schedule
