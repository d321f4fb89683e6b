"""How much a story depends on timing, in words."""

from __future__ import annotations

from shaketable.certificate import Counterexample


def timing_words(example: Counterexample) -> str:
    """ "" when nobody drew timings for it."""
    if not example.timings:
        return ""
    shown = f"under {example.timings_shown} of {example.timings} drawn timings"
    if example.hangs_on_timing:
        return f"It hangs on exact timing: it shows {shown}."
    return f"It shows {shown}."
