"""The arrivals of one run, counted: what the policies of later runs take as an estimate."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Arrivals(msgspec.Struct, frozen=True):
    """The number of arrivals, and by object and kind of thread those at one object: a table, a topic, a process's memory.

    `order` is the digest of the order of conflicting ones, where nothing else records what was read and written: in a component.
    """

    count: int
    objects: Mapping[str, Mapping[str, int]]
    order: str = ""
