"""EC-1: once all is healed the copies agree, and what was acknowledged is among what they agreed on."""

from __future__ import annotations

from itertools import pairwise

from shaketable.checkers.tally import Tally
from shaketable.mapping.calm_since import starvations_ms
from shaketable_patterns.eventual_consistency.facts import NOTHING, CopiesFacts, State, Written


def all_copies_agree(facts: CopiesFacts, tally: Tally) -> None:
    """Compare what the copies say of each thing once all is quiet, unless the machine let them do nothing until then."""
    converge_ms = int(tally.profile.knobs.get("converge_ms", 0))
    starved_ms = max(starvations_ms(facts.index, tally.profile), default=None)
    if facts.index.unsettled:
        return
    if starved_ms is not None and facts.index.events[-1].time_ms - starved_ms < converge_ms:
        return
    for of in facts.things():
        last = {copy.name: facts.last(copy.name, of) for copy in facts.copies}
        tally.exercised += any(state is not None and state.at >= 0 for state in last.values())
        said = {name: NOTHING if state is None else state.says for name, state in last.items()}
        if len(set(said.values())) > 1:
            told = ", ".join(f"{name} says {says}" for name, says in said.items())
            ats = [state.at for state in last.values() if state is not None]
            tally.breach("copies-differ", f"all is quiet, and of {of} {told}", *ats, about=(of,))


def they_agree_in_time(facts: CopiesFacts, tally: Tally) -> None:
    """Measure how long after the last fault and the last write of a thing a copy still changed."""
    bound_ms = tally.profile.int("converge_ms")
    for of in facts.things():
        written_ms = [_until_ms(facts, one.op.completed) for one in facts.writes if one.of == of]
        since_ms = max([facts.calm_ms, *written_ms])
        for copy in facts.copies:
            last = facts.last(copy.name, of)
            if last is None or last.at < 0 or not written_ms:
                continue
            tally.exercised += 1
            late_ms = facts.index.time_ms(last.at) - since_ms
            if late_ms > bound_ms:
                told = f"{copy.name} learned what became of {of} {late_ms} ms after all was healed; {bound_ms} ms are declared"
                tally.breach("converged-late", told, last.at, about=(of,))


def _until_ms(facts: CopiesFacts, completed: object) -> int:
    time_ms = getattr(completed, "time_ms", None)
    return facts.index.events[-1].time_ms if time_ms is None else int(time_ms)


def acknowledged_writes_are_kept(facts: CopiesFacts, tally: Tally) -> None:
    """Look for each acknowledged write in the rows of the copies, unless something newer came that it had no need to know of."""
    if facts.index.unsettled:
        return
    for one in facts.writes:
        if one.version is None or one.op.completed is None:
            continue
        tally.exercised += 1
        states = [state for copy in facts.copies for state in facts.states[copy.name].get(one.of, ())]
        known = _known(one, facts)
        is_overtaken = any(s.version > one.version and s.version not in known for s in states)
        if not is_overtaken and not any(s.says == one.says and s.version == one.version for s in states):
            told = (
                f"{one.says} was acknowledged as version {one.version} of {one.of}, and no copy ever had it"
            )
            tally.breach("write-lost", told, one.op.completed.index, about=(one.of,))


def _known(one: Written, facts: CopiesFacts) -> set[int]:
    """Return the versions that had been acknowledged, and were at the copy of a write, before it was asked for: it is newer than those."""
    asked = one.op.invoked.index
    acknowledged = {
        w.version
        for w in facts.writes
        if w.of == one.of and w.op.completed is not None and w.op.completed.index < asked
    }
    there = facts.states.get(one.copy, {}).get(one.of, ())
    return {state.version for state in there if state.at < asked and state.version in acknowledged}


def no_copy_goes_back(facts: CopiesFacts, tally: Tally) -> None:
    """Judge each change of each copy: what it has next is newer than what it had."""
    for copy in facts.copies:
        for of, states in facts.states[copy.name].items():
            for before, after in pairwise(states):
                tally.exercised += 1
                if _is_older(after, before):
                    told = f"{copy.name} had version {before.version} of {of}, and then {after.version}"
                    tally.breach("newer-undone", told, before.at, after.at, about=(of,))


def _is_older(after: State, before: State) -> bool:
    return after.version < before.version
