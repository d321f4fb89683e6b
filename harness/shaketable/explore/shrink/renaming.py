"""Renaming of ids: they are numbered 1, 2, ... in order of appearance, everywhere in a schedule at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from shaketable.boundary import Boundary, Route
from shaketable.explore.shrink.ddmin import Steps
from shaketable.fault import MessageFault
from shaketable.history import Json
from shaketable.schedule import AtPoint, Do, Inject, Step

Name = tuple[str, int | str]
"""A key of an op's value and an id found there."""
_WORD = re.compile(r"([a-z]+)([0-9]+)")
_NO_IDS = frozenset({"method", "stop_at"})
"""The keys of the method that a call is of, a name of the adapter's whatever it looks like, and of a place in code."""


def renumbered(steps: Steps) -> Steps:
    """Return the steps with small ids: numbers that several steps name, and words such as `o7`."""
    numbers = _new_numbers(steps)
    words = _new_words(steps)
    return tuple(_renamed(step, numbers, words) for step in steps)


def shared_keys(steps: Steps) -> set[str]:
    """Return the keys with a number that several steps name: ids, not amounts."""
    counts = Counter((k, v) for k, v in _named(steps) if isinstance(v, int))
    return {key for (key, _), count in counts.items() if count > 1}


def is_numbered_word(text: str) -> bool:
    """Tell whether `text` is a word such as `o7`, which `renumbered` makes small."""
    return _WORD.fullmatch(text) is not None


def _named(steps: Steps) -> Iterator[Name]:
    for step in steps:
        if isinstance(step, AtPoint) and step.call is not None:
            yield "call", step.call
        elif isinstance(step, Do) and isinstance(step.value, dict):
            yield from (
                (k, v)
                for k, v in step.value.items()
                if isinstance(v, (int, str)) and not isinstance(v, bool) and k not in _NO_IDS
            )


def _new_numbers(steps: Steps) -> dict[Name, int]:
    shared = shared_keys(steps)
    names: dict[Name, int] = {}
    last: Counter[str] = Counter()
    for key, value in _named(steps):
        if key in shared and isinstance(value, int) and (key, value) not in names:
            last[key] += 1
            names[key, value] = last[key]
    return names


def _new_words(steps: Steps) -> dict[str, str]:
    names: dict[str, str] = {}
    last: Counter[str] = Counter()
    for _, value in _named(steps):
        found = _WORD.fullmatch(value) if isinstance(value, str) else None
        if found and value not in names:
            last[found[1]] += 1
            names[str(value)] = f"{found[1]}{last[found[1]]}"
    return names


def _renamed(step: Step, numbers: dict[Name, int], words: dict[str, str]) -> Step:
    if isinstance(step, Inject) and isinstance(step.fault, MessageFault):
        fault = step.fault
        route, n = fault.boundary
        key = "/".join(words.get(part, part) for part in route.key.split("/"))
        at = str(Boundary(Route(route.sender, route.receiver, route.verb, key), n))
        return step if at == fault.at else Inject(msgspec.structs.replace(fault, at=at))
    if isinstance(step, AtPoint) and step.call is not None:
        return msgspec.structs.replace(step, call=numbers.get(("call", step.call), step.call))
    if isinstance(step, Do) and isinstance(step.value, dict):
        return Do(step.f, {k: _new(k, v, numbers, words) for k, v in step.value.items()})
    return step


def _new(key: str, value: Json, numbers: dict[Name, int], words: dict[str, str]) -> Json:
    if isinstance(value, str):
        return value if key in _NO_IDS else words.get(value, value)
    if isinstance(value, bool) or not isinstance(value, int) or key in _NO_IDS:
        return value
    return numbers.get((key, value), value)
