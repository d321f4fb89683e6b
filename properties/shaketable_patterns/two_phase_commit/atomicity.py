"""TP-1: once all is quiet, every branch of a transaction has committed or none has, and the log says which."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.two_phase_commit.facts import TwoPhaseFacts


def all_commit_or_none(facts: TwoPhaseFacts, tally: Tally) -> None:
    """Judge each transaction of which a branch committed or was prepared; one that is still in doubt is TP-3's."""
    for of in facts.transactions():
        pending = {one.branch for one in facts.prepared if one.of == of and one.ended < 0}
        seen = {one.branch for one in facts.prepared if one.of == of}
        done, missing = [], []
        for role in facts.branches:
            if of in facts.committed[role.name]:
                done.append(role.name)
            elif role.name not in pending and (not role.optional or role.name in seen):
                missing.append(role.name)
        tally.exercised += bool(done or seen)
        if done and missing:
            last = [one.ended for one in facts.prepared if one.of == of and one.branch in missing]
            tally.breach(
                "partly-committed",
                f"of {of} {' and '.join(done)} committed and {' and '.join(missing)} did not",
                facts.committed[done[0]][of],
                *last[-1:],
                about=(of,),
            )


def the_log_says_what_was_done(facts: TwoPhaseFacts, tally: Tally) -> None:
    """Compare each decision in the log with what the branches did, unless one is in doubt still."""
    for of in facts.transactions():
        if any(one.of == of and one.ended < 0 for one in facts.prepared):
            continue
        done = [role.name for role in facts.branches if of in facts.committed[role.name]]
        needed = [role.name for role in facts.branches if not role.optional]
        said = facts.outcome(of)
        tally.exercised += said is not None
        if (said == "commit" and not done and needed) or (said != "commit" and len(done) == len(needed) > 0):
            log = {"commit": "commit", "abort": "roll back", None: "nothing"}[said]
            did = "committed" if done else "committed nothing"
            tally.breach(
                "log-differs",
                f"the log says {log} of {of}, and {' and '.join(done or needed)} {did}",
                *(one.at for one in facts.decided.get(of, ())[-1:]),
                *(facts.committed[name][of] for name in done[:1]),
                about=(of,),
            )
