"""A subject's result in words: the verdict on a promise, where the search ran, the reasons for unknown."""

from __future__ import annotations

from shaketable.certificate import PromiseResult, SubjectResult
from shaketable.verdict import Verdict


def verdict_word(promise: PromiseResult) -> str:
    """Return the verdict, or `off-profile` or `limit` for a breach that a declared profile or its author's words cover."""
    if promise.verdict is not Verdict.VIOLATED:
        return promise.verdict.name.lower()
    levels = {c.finding.level for c in promise.counterexamples}
    if levels == {"OFF-PROFILE"}:
        return "off-profile"
    return "limit" if levels and levels <= {"LIMIT", "OFF-PROFILE"} else "violated"


def search_words(result: SubjectResult) -> str:
    """Return the world and the seed; for a real world also the number of sets of servers and how fast time passed."""
    servers = result.servers
    if servers is None:
        return f"world {result.world} · seed {result.seed}"
    sets = len(servers.seeds)
    seeds = ", ".join(map(str, servers.seeds))
    of = "seed" if sets == 1 else f"{sets} sets of servers · seeds"
    return f"world {result.world}, {servers.scale:g} times as fast · {of} {seeds}"


def orders_words(result: SubjectResult) -> str:
    """Return how many runs were made in which orders, "" for a world that decides none."""
    tried = result.orders
    if tried is None:
        return ""
    calm, decided = tried.runs.get("", 0), {name: n for name, n in tried.runs.items() if name}
    by_policy = ", ".join(f"{name} {n:,}" for name, n in sorted(decided.items()))
    words = f"orders: {calm:,} runs first in, first out; {sum(decided.values()):,} decided by policies ({by_policy})"
    if not tried.different:  # no accesses are recorded of a component
        return words
    return f"{words}, in which conflicting accesses came in {tried.different:,} different orders"


def reasons_for_unknown(result: SubjectResult) -> dict[str, list[str]]:
    """Return the ids of the unknown promises by reason, in the order of the promises: a reason often covers several."""
    reasons: dict[str, list[str]] = {}
    for promise in result.promises:
        if promise.verdict is Verdict.UNKNOWN:
            reasons.setdefault(promise.reason or "it was never exercised", []).append(promise.id)
    return reasons


def claimed_words(result: SubjectResult) -> str:
    """Return the number of clauses that are claimed of all there are, "" when all of them are."""
    claimed = sum(len(promise.clauses) for promise in result.promises)
    left = len(result.not_claimed)
    return f"{claimed} of {claimed + left} clauses claimed" if left else ""


def not_claimed_words(result: SubjectResult) -> list[str]:
    """Return a sentence for each promise of which clauses are not claimed, with what would have to be declared."""
    by_promise: dict[str, list[str]] = {}
    for one in result.not_claimed:
        by_promise.setdefault(one.promise, []).append(f"{one.clause} (declare {' and '.join(one.missing)})")
    return [f"{promise} not claimed: {'; '.join(clauses)}" for promise, clauses in by_promise.items()]


def never_reached_words(result: SubjectResult) -> list[str]:
    """Return a sentence for each clause that no run put to the test, of a promise that was not broken, with what would."""
    return [
        f"{promise.id} never put to the test: {clause}" + (by and f" (reached by {by})")
        for promise in result.promises
        if promise.verdict is not Verdict.VIOLATED and promise.exercised
        for clause in promise.never_reached
        for by in (promise.reached_by(clause),)
    ]
