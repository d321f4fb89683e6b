"""Transitions: a state goes only where its machine allows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple


class Step(NamedTuple):
    """`state` was entered at event `at`."""

    at: int
    state: str


class Illegal(NamedTuple):
    """A forbidden step; `since` is the event at which the state before it was entered."""

    before: str
    after: str
    since: int
    at: int


def illegal(steps: Iterable[Step], allowed: Mapping[str, Collection[str]]) -> Illegal | None:
    """Return the first step that `allowed` forbids: a state listed there goes only to its successors, or stays.

    A state that is not listed may go anywhere: an implementation may have more states than its promises name.
    """
    before: Step | None = None
    for step in steps:
        if before is None:
            before = step
        elif step.state != before.state:
            if before.state in allowed and step.state not in allowed[before.state]:
                return Illegal(before.state, step.state, before.at, step.at)
            before = step
    return None
