"""BH-2: permits are conserved, and all are free once no call runs."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.bulkhead.facts import BulkheadFacts
from shaketable_patterns.bulkhead.profile import knobs_of


def permits_add_up(facts: BulkheadFacts, tally: Tally) -> None:
    """Blame counts of which free and running are not all the permits there are."""
    permits = knobs_of(tally.profile).permits
    for shown in facts.shown:
        tally.exercised += 1
        free, running = shown.event.value["free"], shown.event.value["running"]
        if free < 0 or not permits - shown.between <= free + running <= permits:
            told = f"it shows {free} free and {running} running, with {permits} permits"
            tally.breach("permits-not-conserved", told, shown.event.index)


def counts_are_true(facts: BulkheadFacts, tally: Tally) -> None:
    """Blame counts that are not what is seen from outside."""
    for shown in facts.shown:
        tally.exercised += 1
        for name, (least, most) in (("running", shown.running), ("queued", shown.queued)):
            count = shown.event.value[name]
            if not least <= count <= most:
                seen = str(most) if least == most else f"{least} to {most}"
                tally.breach("count-differs", f"it shows {count} {name}, and {seen} are", shown.event.index)


def all_are_free_in_the_end(facts: BulkheadFacts, tally: Tally) -> None:
    """Blame a bulkhead that, when all calls have ended, does not let as many through at once as it has permits."""
    permits = knobs_of(tally.profile).permits
    first = facts.tail[:permits]
    if len(first) < permits:
        return
    tally.exercised += 1
    for number, call in enumerate(first):
        ended = call.blocked or ([call.completion] if call.completion is not None else [])
        if not call.entered or (call.blocked and call.blocked[0].index < call.entered[0].index):
            told = f"all calls have ended, and it lets {number} through at once, with {permits} permits"
            tally.breach("permit-leaked", told, call.invoked.index, *(event.index for event in ended[:1]))
            return
