"""Simpler values: merged waits, small ids, round numbers, plainer faults. The number of steps never grows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from shaketable.boundary import Boundary
from shaketable.components.calls.odd_endings import PLAIN_FOR
from shaketable.components.interface.interface import MARKS
from shaketable.errors import UsageError
from shaketable.explore.shrink.ddmin import Steps, StepsPredicate
from shaketable.explore.shrink.plain_values import NONE_PLAIN, PlainValues, with_plain_values
from shaketable.explore.shrink.renaming import renumbered, shared_keys
from shaketable.history import Json
from shaketable.schedule import AtPoint, Do, Inject, Step, Wait

Path = tuple[str | int, ...]
_TIMES_MS = (1, 10, 100, 1_000)
_USUAL: Mapping[Path, int] = {("fault", "down_ms"): 1_000, ("fault", "status"): 503}
"""Of these another number is no simpler for being smaller: only the usual one is."""


def merge_waits(steps: Steps, shows: StepsPredicate) -> Steps:
    """Merge consecutive waits where the anomaly still shows."""
    index = 0
    while index + 1 < len(steps):
        first, second = steps[index], steps[index + 1]
        if isinstance(first, Wait) and isinstance(second, Wait):
            merged = (*steps[:index], Wait(first.ms + second.ms), *steps[index + 2 :])
            if shows(merged):
                steps = merged
                continue
        index += 1
    return steps


def simplify(steps: Steps, shows: StepsPredicate, plain: PlainValues = NONE_PLAIN) -> Steps:
    """Put plain values for odd ones and make ids small, as they appear in several steps, then the fault and the numbers of
    each step simpler."""
    steps = _plain_endings(steps, shows)
    steps = with_plain_values(steps, plain, shows)
    steps = _small_ids(steps, shows)
    ids: set[Path] = {("value", key) for key in shared_keys(steps)} | {
        ("call",)
    }  # also of a fault at a point
    for index in range(len(steps)):
        steps = _fewer_marks(steps, index, shows)
        steps = _plainer_fault(steps, index, shows)
        steps = _smaller_numbers(steps, index, ids, shows)
    return steps


def _small_ids(steps: Steps, shows: StepsPredicate) -> Steps:
    small = renumbered(steps)
    return small if small != steps and shows(small) else steps


def _plain_endings(steps: Steps, shows: StepsPredicate) -> Steps:
    """Let functions end plainly where they end oddly and the anomaly still shows: all of them, else one after the other."""
    all_plain = tuple(next(_ended_plainly(step), step) for step in steps)
    if all_plain != steps and _is_known(all_plain, shows):
        return all_plain
    for index in range(len(steps)):
        for plain in _ended_plainly(steps[index]):
            if _is_known(candidate := _replaced(steps, index, plain), shows):
                steps = candidate
                break
    return steps


def _is_known(steps: Steps, shows: StepsPredicate) -> bool:
    """Tell whether it shows; not every kind has each plain ending, and what a kind does not know shows nothing."""
    try:
        return shows(steps)
    except UsageError:
        return False


def _ended_plainly(step: Step) -> Iterator[Step]:
    """Yield the step with each plain ending that may stand for its odd one, the likeliest first."""
    if isinstance(step, Do) and isinstance(step.value, dict) and step.f == "finish":
        for ending in PLAIN_FOR.get(str(step.value.get("with")), ()):
            yield Do(step.f, {**step.value, "with": ending})


def _fewer_marks(steps: Steps, index: int, shows: StepsPredicate) -> Steps:
    """Leave out what a step of a component says of how its call runs beside others, where the anomaly still shows."""
    for mark in MARKS:
        step = steps[index]
        if isinstance(step, Do) and isinstance(step.value, dict) and mark in step.value:
            value = {key: one for key, one in step.value.items() if key != mark}
            without = _replaced(steps, index, Do(step.f, value))
            if shows(without):
                steps = without
    return steps


def _plainer_fault(steps: Steps, index: int, shows: StepsPredicate) -> Steps:
    step = steps[index]
    plainer: Iterator[Step] = iter(())
    if isinstance(step, Inject):
        plainer = (Inject(fault) for fault in step.fault.plainer())
    elif isinstance(step, AtPoint):
        plainer = (msgspec.structs.replace(step, fault=fault) for fault in step.fault.plainer())
    for simpler in plainer:
        changed = _replaced(steps, index, simpler)
        if shows(changed):
            return changed
    return steps


def _smaller_numbers(steps: Steps, index: int, ids: set[Path], shows: StepsPredicate) -> Steps:
    for path, value in list(_numbers(msgspec.to_builtins(steps[index]))):
        if path in ids:
            continue
        steps = _least(steps, index, path, value, shows)
    return steps


def _least(steps: Steps, index: int, path: Path, value: int, shows: StepsPredicate) -> Steps:
    """Put in the smallest round number that still shows: the smallest is tried at once, then it is a bisection."""
    numbers = _rounder_numbers(path, value)
    low, high = 0, len(numbers)
    middle = 0
    while low < high:
        candidate = _with(steps, index, path, numbers[middle])
        if candidate is not None and shows(candidate):
            steps, high = candidate, middle
        else:
            low = middle + 1
        middle = (low + high) // 2
    return steps


def _rounder_numbers(path: Path, value: int) -> list[int]:
    """Return round numbers simpler than `value`, simplest first. Times (`ms`, `..._ms`) are tried in coarser steps."""
    if (usual := _USUAL.get(path)) is not None:
        return [usual] if value != usual else []
    name = str(path[-1])
    magnitude = abs(value)
    sign = 1 if value >= 0 else -1
    rungs = _round_times(magnitude) if name == "ms" or name.endswith("_ms") else _round_counts(magnitude)
    return [sign * number for number in rungs]


def _round_counts(below: int) -> list[int]:
    """Return 1 to 10, then 20, 50, 100, 200, 500, ... below the number."""
    rungs = list(range(1, min(11, below)))
    power = 10
    while 2 * power < below:
        rungs.extend(n for n in (2 * power, 5 * power, 10 * power) if n < below)
        power *= 10
    return rungs


def _round_times(below: int) -> list[int]:
    return [n for n in _TIMES_MS if n < below] + [n for n in _round_counts(below) if n > _TIMES_MS[-1]]


def _numbers(plain: Json, path: Path = ()) -> Iterator[tuple[Path, int]]:
    """Yield path and value of each number in a step; the ordinal of a boundary counts as one."""
    if isinstance(plain, dict):
        for key, value in plain.items():
            if key == "at" and path == ("fault",):
                yield (*path, key), Boundary.parse(value).n
            else:
                yield from _numbers(value, (*path, key))
    elif isinstance(plain, list):
        for index, value in enumerate(plain):
            yield from _numbers(value, (*path, index))
    elif _is_int(plain):
        yield path, plain


def _with(steps: Steps, index: int, path: Path, number: int) -> Steps | None:
    plain = msgspec.to_builtins(steps[index])
    holder = plain
    for key in path[:-1]:
        holder = holder[key]
    if path == ("fault", "at"):
        holder["at"] = str(Boundary(Boundary.parse(holder["at"]).route, number))
    else:
        holder[path[-1]] = number
    try:
        return _replaced(steps, index, msgspec.convert(plain, Step))
    except msgspec.ValidationError:  # the step forbids this number
        return None


def _replaced(steps: Steps, index: int, step: Step) -> Steps:
    return (*steps[:index], step, *steps[index + 1 :])


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
