"""Ways to read a value that a path found: a number, an instant, text, a number in a binary column."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shaketable.history import Json
from shaketable.mapping.instant import in_utc, instant
from shaketable.mapping.quantity import in_digits, quantity

HEXADECIMAL = {"int64be": 16, "int32be": 8}
_SIGNED = {16: 1 << 63, 8: 1 << 31}


def binary(value: Json, digits: int) -> Json:
    """Return the signed number in a binary value that is told in so many hexadecimal digits; None if it is none."""
    if type(value) is not str or len(value) != digits:
        return None
    try:
        found = int(value, 16)
    except ValueError:
        return None
    return found - 2 * _SIGNED[digits] if found >= _SIGNED[digits] else found


def _number(value: Json) -> Json:
    found = quantity(value)
    return value if found is None else in_digits(found)


def _instant(value: Json) -> Json:
    found = instant(value)
    return value if found is None else in_utc(found)


def _utf8(value: Json) -> Json:
    try:
        return bytes.fromhex(value).decode() if type(value) is str else None
    except ValueError:
        return None


FORMS: Mapping[str, Callable[[Json], Json]] = {"number": _number, "instant": _instant}
"""Ways to read values that are the same in several forms: what is compared with them is brought into one, too."""
WAYS: Mapping[str, Callable[[Json], Json]] = {**FORMS, "utf8": _utf8}
