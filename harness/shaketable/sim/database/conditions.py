"""Conditions on one row and changes of one row, with SQL's treatment of NULL.

No comparison with NULL holds, except that `("c", "=", None)` asks IS NULL and `("c", "!=", None)` IS NOT NULL.
Strings compare by code point (collation "C").
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.ports import Change, Condition, Row, Scalar

_ORDERINGS: dict[str, Callable[[Json, Json], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def matches(row: Row, where: Sequence[Condition]) -> bool:
    """Tell whether `row` satisfies every condition. Raises HarnessError for an unknown operator."""
    for column, sign, value in where:
        have = row.get(column)
        if sign == "=":
            if have != value:
                return False
        elif not _holds(have, sign, value):
            return False
    return True


def changed(row: Row, changes: Mapping[str, Change]) -> Row:
    """Return a copy of `row` after `changes`; NULL plus something stays NULL."""
    new = row.copy()
    for column, change in changes.items():
        if type(change) is tuple:
            old = row.get(column)
            new[column] = None if old is None else _plus(old, change)
        else:
            new[column] = change  # type: ignore[assignment]  # a Change that is no tuple is a Scalar
    return new


def _plus(old: Scalar, change: tuple[str, int]) -> int:
    sign, amount = change
    if sign != "+" or not isinstance(old, int):
        raise HarnessError(f"{change!r} is no change of {old!r}: use a new value or ('+', n)")
    return old + amount


def _holds(have: Scalar, sign: str, value: object) -> bool:
    if have is None:
        return False
    if sign == "!=":
        return have != value
    if sign == "in":
        if not isinstance(value, Collection):
            raise HarnessError(f"'in' asks for a sequence, got {value!r}")
        return have in value
    compare = _ORDERINGS.get(sign)
    if compare is None:
        raise HarnessError(f"{sign!r} is no operator: use = != < <= > >= or in")
    return value is not None and compare(have, value)


def narrowing(indexes: Iterable[tuple[str, ...]], where: Sequence[Condition]) -> tuple[str, ...]:
    """Return the first index whose first column a condition narrows, as it would be chosen of a large table; () if none is."""
    narrowed = {column for column, sign, _ in where if sign != "!="}
    return next((index for index in indexes if index[0] in narrowed), ())
