"""Strategies that are drawn from without Hypothesis's engine: bounded integers, elements of a sequence, constants.

Only public attributes of these strategies are read, and a strategy is plain only if one made anew from what was read is written
the same. So a strategy that was mapped or filtered is not plain, nor is any once Hypothesis has given its attributes other
names: then Hypothesis draws, as it does for all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from random import Random

from hypothesis import strategies as st

Draw = Callable[[], object]

_FLOAT_BITS = 53
"""A float below 1 has so many random bits."""


def plain_draw(strategy: object, source: Random) -> Draw | None:
    """Return what draws a value of `strategy` uniformly from `source`; None if the strategy is not plain."""
    plain = getattr(strategy, "wrapped_strategy", strategy)
    for kind in (_integers, _elements, _constant):
        if (draw := kind(strategy, plain, source)) is not None:
            return draw
    return None


def _integers(strategy: object, plain: object, source: Random) -> Draw | None:
    low, high = getattr(plain, "start", None), getattr(plain, "end", None)
    if not isinstance(low, int) or not isinstance(high, int):
        return None
    if repr(strategy) != repr(st.integers(low, high)):
        return None
    span, random = high - low + 1, source.random
    if span > 1 << _FLOAT_BITS:
        return lambda: source.randint(low, high)
    return lambda: low + int(random() * span)


def _elements(strategy: object, plain: object, source: Random) -> Draw | None:
    elements: tuple[object, ...] = tuple(getattr(plain, "elements", ()))
    if repr(strategy) == repr(st.booleans()):
        elements = (False, True)
    elif repr(strategy) not in map(repr, _sampled(elements)):
        return None
    count, random = len(elements), source.random
    return lambda: elements[int(random() * count)]


def _sampled(elements: tuple[object, ...]) -> Iterator[object]:
    """Yield the strategies that sample from these elements, as they may have been given."""
    if elements:
        yield st.sampled_from(elements)
        yield st.sampled_from(list(elements))
        if isinstance(elements[0], Enum):
            yield st.sampled_from(type(elements[0]))


def _constant(strategy: object, plain: object, source: Random) -> Draw | None:
    del source
    if not hasattr(plain, "value") or repr(strategy) not in (repr(st.none()), repr(st.just(plain.value))):
        return None
    value: object = plain.value
    return lambda: value
