"""Fewer steps: the passes that only leave steps out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shaketable.schedule import AtPoint, Do, Step

P = TypeVar("P")
Steps = tuple[Step, ...]
StepsPredicate = Callable[[Steps], bool]
"""Tells whether these steps show the anomaly."""


def cut_tail(steps: Steps, shows: StepsPredicate) -> Steps:
    """Drop the steps after the one that breaks the promise, which is found by bisection."""
    low, high = 0, len(steps)  # the first `high` steps show it
    while low < high:
        middle = (low + high) // 2
        if shows(steps[:middle]):
            high = middle
        else:
            low = middle + 1
    return steps[:high]


def ddmin(steps: Steps, shows: StepsPredicate) -> Steps:
    """Leave out ever smaller chunks of steps, then all steps of one id, until no single step can go."""
    return singles(_linked(smaller_chunks(steps, shows), shows), shows)


def smaller_chunks(parts: tuple[P, ...], shows: Callable[[tuple[P, ...]], bool]) -> tuple[P, ...]:
    """Leave out ever smaller chunks of what a schedule consists of, down to two at once."""
    size = len(parts) // 2
    while size > 1:
        parts = _chunks(parts, size, shows)
        size = min(size, len(parts)) // 2
    return parts


def singles(steps: tuple[P, ...], shows: Callable[[tuple[P, ...]], bool]) -> tuple[P, ...]:
    """Leave out single steps until none can go: the result is 1-minimal."""
    while True:
        shorter = _chunks(steps, 1, shows)
        if shorter == steps:
            return steps
        steps = shorter


def _chunks(steps: tuple[P, ...], size: int, shows: Callable[[tuple[P, ...]], bool]) -> tuple[P, ...]:
    """Make one pass from the end, because late steps rarely matter."""
    end = len(steps)
    while end > 0:
        start = max(0, end - size)
        shorter = steps[:start] + steps[end:]
        if shows(shorter):
            steps = shorter
        end = start
    return steps


def _linked(steps: Steps, shows: StepsPredicate) -> Steps:
    """Leave out all steps that name one id: neither the start nor the end of a call can go alone."""
    for link in _links(steps):
        shorter = tuple(step for step in steps if link not in _ids(step))
        if len(shorter) < len(steps) and shows(shorter):
            steps = shorter
    return steps


def _links(steps: Steps) -> list[tuple[str, object]]:
    seen: dict[tuple[str, object], int] = {}
    for step in steps:
        for link in _ids(step):
            seen[link] = seen.get(link, 0) + 1
    return [link for link, count in seen.items() if 1 < count < len(steps)]


def _ids(step: Step) -> list[tuple[str, object]]:
    if isinstance(step, AtPoint) and step.call is not None:
        return [("call", step.call)]
    if not isinstance(step, Do) or not isinstance(step.value, dict):
        return []
    return [(k, v) for k, v in step.value.items() if isinstance(v, (int, str)) and not isinstance(v, bool)]
