"""TP-3: what is in doubt is resolved, soon after all is healed, and as the coordinator's log says."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.two_phase_commit.facts import Prepared, TwoPhaseFacts


def nothing_stays_prepared(facts: TwoPhaseFacts, tally: Tally) -> None:
    """Count branches that something went wrong with; blame one that is prepared still when all is quiet."""
    for one in facts.prepared:
        tally.exercised += facts.was_troubled(one)
        if one.ended < 0 and not facts.index.unsettled:
            tally.breach(
                "in-doubt-left",
                f"all is quiet, and {one.branch} still does not know what became of {one.of}",
                one.at,
                about=(one.of,),
            )


def resolved_soon_after_all_is_healed(facts: TwoPhaseFacts, tally: Tally) -> None:
    """Count branches that were in doubt when the last fault was over; blame one that stays so for longer than declared."""
    resolve_ms = tally.profile.int("resolve_ms")
    for one in facts.prepared:
        ended_ms = facts.ended_ms(one)
        if facts.index.time_ms(one.at) >= facts.calm_ms or ended_ms <= facts.calm_ms:
            continue
        tally.exercised += 1
        if one.ended >= 0 and ended_ms - facts.calm_ms > resolve_ms:
            tally.breach(
                "resolved-late",
                f"{one.branch} learned what became of {one.of} {ended_ms - facts.calm_ms} ms after all was healed; "
                f"{resolve_ms} ms are declared",
                one.at,
                one.ended,
                about=(one.of,),
            )


def resolved_as_the_log_says(facts: TwoPhaseFacts, tally: Tally) -> None:
    """Judge every branch that ended: it commits once the log says so, and in the end it did what the log says."""
    for one in facts.prepared:
        if one.outcome is None:
            continue
        tally.exercised += 1
        decided = facts.decided.get(one.of, [])
        first = next((d.at for d in decided if d.outcome == "commit"), None)
        if (
            one.outcome == "commit"
            and (first is None or first > one.ended)
            and facts.outcome(one.of) != "abort"
        ):
            tally.breach(
                "before-the-log",
                f"{one.branch} committed {one.of}, and the log did not say so yet",
                one.ended,
                -1 if first is None else first,
                about=(one.of,),
            )
        elif facts.outcome(one.of) not in (None, one.outcome) and not _was_given_up(one, facts):
            said, did = (
                ("commit", "rolled it back") if one.outcome == "abort" else ("roll back", "committed it")
            )
            tally.breach(
                "against-the-log",
                f"the log says {said} of {one.of}, and {one.branch} {did}",
                decided[-1].at,
                one.ended,
                about=(one.of,),
            )


def _was_given_up(one: Prepared, facts: TwoPhaseFacts) -> bool:
    """Tell whether this was an attempt that was rolled back, and another one was prepared for the same."""
    attempts = sum(other.of == one.of and other.branch == one.branch for other in facts.prepared)
    return one.outcome == "abort" and attempts > 1
