"""Plain values: those of the subject's own workload take the place of odd ones, wherever that makes no difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from shaketable.boundary import Boundary, address_key
from shaketable.explore.shrink.ddmin import Steps, StepsPredicate
from shaketable.explore.shrink.renaming import is_numbered_word
from shaketable.fault import MessageFault
from shaketable.schedule import Do, Inject, Schedule, Step

PlainValues = Mapping[str, tuple[str, ...]]
"""The texts that are plain, by the field of the ops in which they stand."""
NONE_PLAIN: PlainValues = MappingProxyType({})
"""Of a subject whose workload says nothing about its ops."""
Odd = tuple[str, str]
"""A field and a text in it that is not plain."""


def plain_values(workload: Schedule) -> PlainValues:
    """Return the texts in the ops of `workload`, each field's in order of appearance."""
    found: dict[str, dict[str, None]] = {}
    for field, text in _texts(workload.steps):
        found.setdefault(field, {})[text] = None
    return {field: tuple(texts) for field, texts in found.items()}


def with_plain_values(steps: Steps, plain: PlainValues, shows: StepsPredicate) -> Steps:
    """Replace odd texts by plain ones where the anomaly still shows: all at once, else one after the other.

    A text is replaced wherever it stands, also in the address of a message. Two texts that differ become two that do,
    where there are enough plain ones.
    """
    everything = steps
    for field, text in _odd(steps, plain):
        instead = next(_instead(field, plain, everything))
        everything = _replaced(everything, text, instead)
    if everything != steps and shows(everything):
        return everything
    for field, text in _odd(steps, plain):
        for instead in _instead(field, plain, steps):
            candidate = _replaced(steps, text, instead)
            if shows(candidate):
                steps = candidate
                break
    return steps


def _odd(steps: Steps, plain: PlainValues) -> list[Odd]:
    found = {text: field for field, text in _texts(steps) if field in plain}
    usual = {text for texts in plain.values() for text in texts}
    return [
        (field, text) for text, field in found.items() if text not in usual and not is_numbered_word(text)
    ]


def _instead(field: str, plain: PlainValues, steps: Steps) -> Iterator[str]:
    """Yield the plain texts of the field that are not in use; if all are, those in use, for a text that need not differ."""
    used = {other for _, other in _texts(steps)}
    unused = [one for one in plain[field] if one not in used]
    yield from unused or plain[field]


def _texts(steps: Steps) -> Iterator[Odd]:
    for step in steps:
        if isinstance(step, Do) and isinstance(step.value, dict):
            yield from ((field, value) for field, value in step.value.items() if isinstance(value, str))


def _replaced(steps: Steps, text: str, instead: str) -> Steps:
    return tuple(_with(step, text, instead) for step in steps)


def _with(step: Step, text: str, instead: str) -> Step:
    if isinstance(step, Do) and isinstance(step.value, dict):
        return Do(step.f, {field: instead if value == text else value for field, value in step.value.items()})
    if isinstance(step, Inject) and isinstance(step.fault, MessageFault):
        route, n = step.fault.boundary
        topic, slash, key = route.key.partition("/")
        if slash and key == address_key(text):
            at = Boundary(route._replace(key=f"{topic}/{address_key(instead)}"), n)
            return Inject(msgspec.structs.replace(step.fault, at=str(at)))
    return step
