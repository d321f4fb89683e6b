"""What is known of each shipped order system: which promises it breaks, and how that shows."""

from __future__ import annotations

from harness.subject import Expectation

_NOTHING = Expectation()

EXPECTED: dict[str, Expectation] = {}


def expectation_of(name: str, kills: tuple[str, ...] = ()) -> Expectation:
    """The expectation of a shipped subject; one of a mutant is only that somebody of `kills` notices."""
    if kills:
        return Expectation(may_break=frozenset(kills))
    return EXPECTED.get(name, _NOTHING)
