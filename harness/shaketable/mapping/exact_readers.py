"""Readers of values that must be exact: where there is none, nothing is guessed, and what depends on it is not judged."""

from __future__ import annotations

from collections.abc import Callable
from math import floor

from shaketable.checkers.conservation import Quantity
from shaketable.errors import UnreadableValue
from shaketable.history import Json
from shaketable.mapping.instant import epoch_ms, instant
from shaketable.mapping.quantity import quantity
from shaketable.mapping.value_paths import Source, compiled

_SHOWN_MAX = 60


def quantities(path: str, field: str) -> Callable[[Source], Quantity]:
    """Return a function that reads the quantity at `path`.

    It raises UnreadableValue where there is none, with the name `field` of what the mapping declares so.
    """
    read = compiled(path)

    def exact(source: Source) -> Quantity:
        value = read(source)
        if type(value) is int:
            return value
        found = quantity(value)
        if found is None:
            raise UnreadableValue(
                f"{field}: {path} {_said(value)}, and a quantity is a number such as 12 or 12.50, also as text; "
                "point to a field that always holds one, without a currency"
            )
        return found

    return exact


def instants_ms(path: str, field: str) -> Callable[[Source], int]:
    """Return a function that reads the instant at `path`, in milliseconds since 1970: a number of them, or ISO 8601.

    It raises UnreadableValue like `quantities`.
    """
    read = compiled(path)

    def exact(source: Source) -> int:
        value = read(source)
        number = quantity(value)
        if number is not None:
            return floor(number)
        moment = instant(value)
        if moment is None:
            raise UnreadableValue(
                f"{field}: {path} {_said(value)}, and an instant is a number of milliseconds since 1970 or ISO 8601 "
                "with an offset (a timestamp without time zone has none)"
            )
        return epoch_ms(moment)

    return exact


def _said(value: Json) -> str:
    return "is null or not there" if value is None else f"is {str(value)[:_SHOWN_MAX]!r}"
