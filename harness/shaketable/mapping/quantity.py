"""Quantities: exact numbers, read from JSON values of a history.

A whole number is itself. One with decimals is a fraction, so that sums of money lose nothing: `10.00`, `10` and `"10.00"`
are the same quantity. What is none is never taken for 0: it cannot be read, and what depends on it cannot be judged.
"""

from __future__ import annotations

import re
from fractions import Fraction

from shaketable.checkers.conservation import Quantity
from shaketable.history import Json

_NUMBER = re.compile(r"[+-]?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,3})?", re.ASCII)


def quantity(value: Json) -> Quantity | None:
    """Return a number, also one written as text, exactly; None for anything else, a truth value too.

    A JSON number with decimals is the shortest decimal that is read as it.
    """
    kind = type(value)
    if kind is int:
        return value  # type: ignore[no-any-return]
    if kind is not str and kind is not float:
        return None
    written = value.strip() if kind is str else repr(value)
    if _NUMBER.fullmatch(written) is None:
        return None
    exact = Fraction(written)
    return exact.numerator if exact.denominator == 1 else exact


def in_digits(amount: Quantity) -> str:
    """Return a quantity as a decimal number, without zeros at its end."""
    if amount.denominator == 1:
        return str(amount.numerator)
    places = 1
    while (amount.numerator * 10**places) % amount.denominator:
        places += 1
    digits = str(abs(amount.numerator) * 10**places // amount.denominator).rjust(places + 1, "0")
    return f"{'-' if amount < 0 else ''}{digits[:-places]}.{digits[-places:]}"
