"""Conservation: the balance of an account stays within its bounds after every single movement."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec

Quantity = int | Fraction
"""An exact number: money with decimals is a fraction, for sums of floats would not balance."""


class Movement(msgspec.Struct, frozen=True, gc=False):
    """`amount` enters an account at event `at`; a negative one leaves it."""

    at: int
    amount: Quantity


class Excess(NamedTuple):
    """The first movement after which an account was outside its bounds, and the ones that show it."""

    balance: Quantity
    witness: tuple[int, ...]


def excess(movements: Sequence[Movement], ceiling: Quantity) -> Excess | None:
    """Return the first prefix whose balance is above `ceiling`; its witness is the movements in that still count.

    A movement out cancels the latest one in.
    """
    balance: Quantity = 0
    standing: list[Movement] = []
    for movement in movements:
        balance += movement.amount
        if movement.amount >= 0:
            standing.append(movement)
        elif standing:
            standing.pop()
        if balance > ceiling:
            return Excess(balance, tuple(m.at for m in standing))
    return None


def shortfall(movements: Sequence[Movement]) -> Excess | None:
    """Return the first prefix whose balance is negative; its witness is every movement up to there."""
    balance: Quantity = 0
    for position, movement in enumerate(movements):
        balance += movement.amount
        if balance < 0:
            return Excess(balance, tuple(m.at for m in movements[: position + 1]))
    return None
