"""Fewer steps: the passes that only leave steps out."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.schedule import Do, Step

Steps = tuple[Step, ...]
Shows = Callable[[Steps], bool]


def cut_tail(steps: Steps, shows: Shows) -> Steps:
    """Nothing after the step that breaks it matters: find that step by halving."""
    low, high = 0, len(steps)  # the first `high` steps show it
    while low < high:
        middle = (low + high) // 2
        if shows(steps[:middle]):
            high = middle
        else:
            low = middle + 1
    return steps[:high]


def ddmin(steps: Steps, shows: Shows) -> Steps:
    """Leave out ever smaller runs of steps, then what belongs to one id, until no single step can go."""
    size = len(steps) // 2
    while size > 1:
        steps = _chunks(steps, size, shows)
        size = min(size, len(steps)) // 2
    return singles(_linked(steps, shows), shows)


def singles(steps: Steps, shows: Shows) -> Steps:
    """Leave out single steps until none can go: 1-minimal."""
    while True:
        shorter = _chunks(steps, 1, shows)
        if shorter == steps:
            return steps
        steps = shorter


def _chunks(steps: Steps, size: int, shows: Shows) -> Steps:
    """One pass from the end, because what comes late rarely matters."""
    end = len(steps)
    while end > 0:
        start = max(0, end - size)
        shorter = steps[:start] + steps[end:]
        if shows(shorter):
            steps = shorter
        end = start
    return steps


def _linked(steps: Steps, shows: Shows) -> Steps:
    """Leave out together the steps that name one id: neither the start nor the end of a call goes alone."""
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
    if not isinstance(step, Do) or not isinstance(step.value, dict):
        return []
    return [(k, v) for k, v in step.value.items() if isinstance(v, (int, str)) and not isinstance(v, bool)]
