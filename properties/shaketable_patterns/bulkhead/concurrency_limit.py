"""BH-1: no more calls run at once than there are permits."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.bulkhead.facts import BulkheadFacts
from shaketable_patterns.bulkhead.profile import knobs_of


def at_most_as_many_as_permits(facts: BulkheadFacts, tally: Tally) -> None:
    """Count the calls that arrive when all permits are taken; blame one that then runs beside the others."""
    permits = knobs_of(tally.profile).permits
    tally.exercised += sum(arrival.running >= permits for arrival in facts.arrivals)
    for admission in facts.admissions:
        running = len(admission.entries)
        if running > permits:
            told = f"call {admission.call.number} is let through as number {running} of the calls that run, with {permits} permits"
            tally.breach("over-admitted", told, *admission.entries)
