"""Fewer and simpler deviations: as few arrivals late as still show the anomaly, and rather until another one than for a time."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from shaketable.explore.shrink.ddmin import singles, smaller_chunks
from shaketable.orders.deviation import Deviation

Deviations = tuple[Deviation, ...]
DeviationsPredicate = Callable[[Deviations], bool]
"""Tells whether these deviations show the anomaly."""

_ROUND_MS = (1, 2, 5, 10, 20, 50)


def fewer_deviations(deviations: Deviations, shows: DeviationsPredicate) -> Deviations:
    """Leave out deviations, all of them if possible, until no single one can go."""
    if not deviations or shows(()):
        return ()
    return singles(smaller_chunks(deviations, shows), shows)


def simpler_deviations(deviations: Deviations, shows: DeviationsPredicate) -> Deviations:
    """Leave out what can go by now, and make the times round numbers: the least that shows it."""
    deviations = fewer_deviations(deviations, shows)
    for place, deviation in enumerate(deviations):
        for ms in _ROUND_MS:
            if not deviation.late_ms or ms >= deviation.late_ms:
                break
            rounder = msgspec.structs.replace(deviation, late_ms=ms)
            candidate = (*deviations[:place], rounder, *deviations[place + 1 :])
            if shows(candidate):
                deviations = candidate
                break
    return deviations
