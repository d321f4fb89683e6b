"""Code of a test that plays a server or a store beside the subject: it does each thing as one step, as the real one would."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any, TypeVar, cast

Played = TypeVar("Played", bound=Callable[..., object])


def outside(played: Played) -> Played:
    """Switch no thread at the lines of `played`, a function or the functions of a class that plays a server or a store.

    Real stores do a statement as a whole, whatever the threads of their clients do; one in memory that is written as lines of
    Python does not, and a correct subject would be blamed for it. Fault points in it are reached as ever, so a request
    can still be late or lost. Properties and coroutines are left as they are: the latter give way at each await.
    """
    if isinstance(played, type):
        for name, found in list(vars(played).items()):
            if isinstance(found, FunctionType):
                setattr(played, name, _as_one_step(found))
        return played
    return cast("Played", _as_one_step(played))


def _as_one_step(function: Any) -> Any:
    if inspect.iscoroutinefunction(function):
        return function

    @wraps(function)
    def as_one_step(*arguments: Any, **named: Any) -> Any:
        traced_by = sys.gettrace()
        if traced_by is None:
            return function(*arguments, **named)
        sys.settrace(None)
        try:
            return function(*arguments, **named)
        finally:
            sys.settrace(traced_by)

    return as_one_step
