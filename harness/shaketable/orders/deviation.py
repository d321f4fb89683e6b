"""Deviations from first in, first out: each is an arrival that is late, and says for what it waits."""

from __future__ import annotations

from typing import Literal

import msgspec

from shaketable.boundary import Boundary, Leg

Turn = Leg | Literal["lock"]
"""A leg arrives; or, of several statements that wait for one row and race for its new version, this one has its lock."""


class Arrival(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arrival of one leg of a message: of its request at the receiver, or of its reply at the sender; or its turn at a row.

    `at` is the boundary. ValueError if it is none.
    """

    at: str
    leg: Turn

    def __post_init__(self) -> None:
        Boundary.parse(self.at)

    def __str__(self) -> str:
        return f"the {self.leg} of {self.at}"


class Deviation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An arrival that is late: it waits until another one has happened, or for `late_ms` after its time.

    However it may wait, no arrival is later than the slack of its world; of a lock it says only who comes first, for no time passes then.
    ValueError unless it says exactly one of the two.
    """

    at: str
    leg: Turn
    until: Arrival | None = None
    late_ms: int = 0

    def __post_init__(self) -> None:
        Boundary.parse(self.at)
        if self.leg == "lock" and self.until is None:
            raise ValueError(
                "a lock waits `until` another one: no time passes while it is decided who has a row"
            )
        if self.late_ms < 0 or (self.until is None) == (self.late_ms == 0):
            raise ValueError(
                "a deviation says either `until` which arrival it waits, or `late_ms`, at least 1"
            )
