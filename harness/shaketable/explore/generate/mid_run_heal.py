"""Whether a run is healed in its middle, behind a wait."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.explore.generate.fault_options import DEFAULT_FAULT_OPTIONS, FaultOptions
from shaketable.schedule import Heal, Inject, Step


def heals_after(steps: Sequence[Step], pick: int, options: FaultOptions = DEFAULT_FAULT_OPTIONS) -> bool:
    """Tell whether a heal is to follow the wait that ends `steps`: of a run that has a fault to end, and no heal yet."""
    if not options.waits_per_heal or pick % options.waits_per_heal:
        return False
    return any(isinstance(step, Inject) for step in steps) and not any(
        isinstance(step, Heal) for step in steps
    )
