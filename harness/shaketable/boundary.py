"""Boundaries: one message between two parties, by an address that survives a change of world. Things go wrong there.

`payment>postgres COMMIT payments #3` is the third COMMIT by payment, to postgres, of a transaction that wrote
`payments`. It counts per sender, receiver, verb and key (table, topic and message key, path) from the start of
the run, and never counts polls, heartbeats or connection set-up (design.md, idea 2).

Sender and receiver are roles (`shaketable.network.replica_roles`): replicas of one service are counted together, because which of them
acts is chance. The receipt of a fault names the replica.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

Leg = Literal["request", "reply"]

_TEXT = re.compile(
    r"(?P<sender>[\w.-]+)>(?P<receiver>[\w.-]+) (?P<verb>[A-Z_]+)(?: (?P<key>[^\s#]+))? #(?P<n>[1-9]\d*)"
)


class Route(NamedTuple):
    """Every message of one verb and key between two roles: the unit in which boundaries are counted."""

    sender: str
    receiver: str
    verb: str
    key: str

    def __str__(self) -> str:
        key = f" {self.key}" if self.key else ""
        return f"{self.sender}>{self.receiver} {self.verb}{key}"


class Boundary(NamedTuple):
    """The n-th message (from 1) of a route."""

    route: Route
    n: int

    def __str__(self) -> str:
        return f"{self.route} #{self.n}"

    @staticmethod
    def parse(text: str) -> Boundary:
        """Read `sender>receiver VERB key #n`; ValueError says what is expected."""
        return _parse(text)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Boundary:
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no boundary: expected 'sender>receiver VERB key #n'")
    route = Route(found["sender"], found["receiver"], found["verb"], found["key"] or "")
    return Boundary(route, int(found["n"]))


@lru_cache(maxsize=4096)
def address_key(text: str) -> str:
    """Return `text` as a route's key: every world writes white space and `#` as `_`, so that addresses parse."""
    return _UNFIT.sub("_", text)


@lru_cache(maxsize=4096)
def record_address(topic: str, key: str) -> str:
    """Return the key of the boundaries at which records of this topic and message key pass."""
    return address_key(f"{topic}/{key}")


_UNFIT = re.compile(r"[\s#]")
