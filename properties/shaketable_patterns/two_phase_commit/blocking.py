"""TP-2: for how long a prepared branch keeps its locks."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.two_phase_commit.facts import Prepared, TwoPhaseFacts


def locks_are_held_for_a_bounded_time(facts: TwoPhaseFacts, tally: Tally) -> None:
    """Measure every branch that was prepared while something was wrong; a LIMIT where the profile says that it blocks then.

    It is what two-phase commit is: a participant that has voted may neither commit nor roll back until it is told.
    """
    blocks = tally.profile.knobs.get("in_doubt") == "blocks"
    longest = _longest([one for one in facts.prepared if facts.was_troubled(one)], facts, tally)
    if longest is not None and (
        blocks or not facts.busy_ms
    ):  # a busy machine holds locks for as long as it likes
        _breach("blocked-while-away", longest, facts, tally, documented=blocks)


def locks_are_held_shortly_in_calm(facts: TwoPhaseFacts, tally: Tally) -> None:
    """Measure every branch that was prepared when nothing was wrong any more."""
    longest = _longest([one for one in facts.prepared if facts.was_calm(one)], facts, tally)
    if longest is not None:
        _breach("held-too-long", longest, facts, tally)


def _longest(branches: list[Prepared], facts: TwoPhaseFacts, tally: Tally) -> Prepared | None:
    """Count branches; return the one that held its locks longest, if that was longer than the bound."""
    tally.exercised += len(branches)
    longest = max(branches, key=facts.held_ms, default=None)
    return None if longest is None or facts.held_ms(longest) <= tally.profile.int("lock_ms_max") else longest


def _breach(
    anomaly: str, one: Prepared, facts: TwoPhaseFacts, tally: Tally, *, documented: bool = False
) -> None:
    held_ms = facts.held_ms(one)
    yet = ", and still does" if one.ended < 0 else ""
    tally.breach(
        anomaly,
        f"{one.branch} held the locks of {one.of} for {held_ms} ms{yet}; {tally.profile.int('lock_ms_max')} ms are declared",
        one.at,
        one.ended,
        about=(one.of,),
        documented=documented,
    )
