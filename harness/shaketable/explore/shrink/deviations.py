"""Fewer and simpler deviations: as few arrivals late as still show the anomaly, and rather until another one than for a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.explore.shrink.ddmin import singles, smaller_chunks
from shaketable.orders.deviation import Arrival, Deviation

Deviations = tuple[Deviation, ...]
DeviationsPredicate = Callable[[Deviations], bool]
"""Tells whether these deviations show the anomaly."""

_ROUND_MS = (1, 2, 5, 10, 20, 50)


def fewer_deviations(deviations: Deviations, shows: DeviationsPredicate) -> Deviations:
    """Leave out deviations, all of them if possible, until no single one can go."""
    if not deviations or shows(()):
        return ()
    return singles(smaller_chunks(deviations, shows), shows)


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
