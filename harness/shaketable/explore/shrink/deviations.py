"""Fewer and simpler deviations: as few arrivals late as still show the anomaly, and rather until another one than for a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from shaketable.explore.shrink.ddmin import Steps, singles, smaller_chunks
from shaketable.orders.deviation import Arrival, Deviation
from shaketable.schedule import Do

Deviations = tuple[Deviation, ...]
DeviationsPredicate = Callable[[Deviations], bool]
"""Tells whether these deviations show the anomaly."""

_CALL = re.compile(r"call-\d+")
_ROUND_MS = (1, 2, 5, 10, 20, 50)


def fewer_deviations(deviations: Deviations, shows: DeviationsPredicate) -> Deviations:
    """Leave out deviations, all of them if possible, until no single one can go."""
    if not deviations or shows(()):
        return ()
    return singles(smaller_chunks(deviations, shows), shows)


def with_calls_renamed(deviations: Deviations, before: Steps, after: Steps) -> Deviations:
    """Return the deviations for steps that are the same but for the numbers of their calls."""
    names = {
        f"call-{old.value['call']}": f"call-{new.value['call']}"
        for old, new in zip(before, after, strict=False)
        if isinstance(old, Do) and isinstance(new, Do) and _is_of_call(old) and _is_of_call(new)
    }
    if len(before) != len(after) or all(old == new for old, new in names.items()):
        return deviations

    def renamed(at: str) -> str:
        return _CALL.sub(lambda found: names.get(found[0], found[0]), at)

    return tuple(
        msgspec.structs.replace(
            one,
            at=renamed(one.at),
            until=None if one.until is None else Arrival(renamed(one.until.at), one.until.leg),
        )
        for one in deviations
    )


def _is_of_call(step: Do) -> bool:
    return isinstance(step.value, dict) and isinstance(step.value.get("call"), int)


def simpler_deviations(
    deviations: Deviations, shows: DeviationsPredicate, after: Callable[[str], Sequence[Arrival]]
) -> Deviations:
    """Let each wait for the first arrival that will do, rather than for a time.

    `after` lists what may arrive before the one at a boundary. A time that no arrival stands for becomes a round number, the
    least that shows the anomaly.
    """
    for place, deviation in enumerate(deviations):
        if not deviation.late_ms:
            continue
        instead = [Deviation(deviation.at, deviation.leg, until) for until in after(deviation.at)]
        instead += [
            Deviation(deviation.at, deviation.leg, None, ms) for ms in _ROUND_MS if ms < deviation.late_ms
        ]
        for other in instead:
            candidate = (*deviations[:place], other, *deviations[place + 1 :])
            if shows(candidate):
                deviations = candidate
                break
    return deviations
