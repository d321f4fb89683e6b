"""Conditions: a state as what its values must be, all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from shaketable.history import Json
from shaketable.mapping.value_paths import Source, as_read, column_of, compiled, text

Where = Mapping[str, Json]
"""Value path to what it must be: a scalar, or a list of which any will do. `@set` is any value but null, `@null` none."""
Holds = Callable[[Source], bool]

SET, NULL = "@set", "@null"


def never(_: Source) -> bool:
    """Return False: the condition of a state that nothing declares."""
    return False


def always(_: Source) -> bool:
    """Return True: the condition without a test."""
    return True


def holds(where: Where) -> Holds:
    """Return a function that tells whether all of `where` is so; an empty condition always is."""
    tests = [_test(path, wanted) for path, wanted in where.items()]
    if not tests:
        return always
    return functools.reduce(_both, tests)


def _both(one: Holds, other: Holds) -> Holds:
    return lambda source: one(source) and other(source)


def _test(path: str, wanted: Json) -> Holds:
    read = compiled(path)
    if wanted == SET:
        return lambda source: read(source) is not None
    if wanted == NULL or wanted is None:
        return lambda source: read(source) is None
    if isinstance(wanted, list | tuple):
        among = frozenset(text(as_read(path, one)) for one in wanted)
        return lambda source: text(read(source)) in among
    only = text(as_read(path, wanted))
    column = column_of(path)
    if column:  # most conditions are of this kind, and a long history is asked some million times

        def column_is_it(source: Source) -> bool:
            value = source.row.get(column)
            return value == only if type(value) is str else text(value) == only

        return column_is_it

    def is_it(source: Source) -> bool:
        value = read(source)
        return value == only if type(value) is str else text(value) == only

    return is_it
