"""ID-4 once nothing is wrong any more: who asks again is answered."""

from __future__ import annotations

from shaketable_patterns.idempotency.requests import MISUSED, Request, by_key, exists_elsewhere
from shaketable_patterns.order_facts import OrderFacts, Tally

_MISUSED = (400, MISUSED)
_REQUESTS = 2
"""One may be unlucky where the machine is slow; the next one is not unlucky too."""


def answered_in_calm(facts: OrderFacts, tally: Tally) -> None:
    """Whoever asks again, with time enough after the last fault for every client to give up, gets an answer.

    The last requests of a run are judged together: none of them, and there are at least two, came to anything.
    """
    if any(fault.name == "clock_step" for fault in facts.faults):
        return  # a lease may then last as long as the step
    since_ms = _calm_since_ms(facts)
    keyed = by_key(facts, tally.profile)
    keys = {request.at: key for key, group in keyed.items() for request in group}
    requests = sorted((r for group in keyed.values() for r in group), key=lambda r: r.at)
    calm = [r for r in requests if r.op.invoked.time_ms >= since_ms + _patience_ms(tally) and _repeats(r)]
    before = [r for r in requests if r.op.invoked.time_ms < since_ms + _patience_ms(tally)]
    if len(calm) < _REQUESTS or not before:
        return
    tally.exercised += len(calm)
    if not any(_was_answered(facts, keys[request.at], request) for request in calm):
        last = calm[-1]
        tally.breach(
            "key-blocked-for-ever",
            f"nothing was wrong for {last.op.invoked.time_ms - since_ms} ms and {last.order} is still not answered",
            *(request.at for request in calm),
            last.returned,
            about=(last.order,),
        )


def _calm_since_ms(facts: OrderFacts) -> int:
    """When the last fault was over that landed at all."""
    since_ms = 0
    lasting = {fault.index: fault for fault in facts.faults}
    for event in facts.events:
        if event.kind == "receipt" and event.ref in lasting:
            value = lasting[event.ref].value
            value = value if isinstance(value, dict) else {}
            since_ms = max(since_ms, event.time_ms + int(value.get("for_ms") or value.get("down_ms") or 0))
        elif event.kind in ("heal", "restart", "crash"):
            since_ms = max(since_ms, event.time_ms)
    return since_ms


def _patience_ms(tally: Tally) -> int:
    """How long a request, and what it left behind, can be under way: each of its messages until its client gives up."""
    knobs = tally.profile.knobs
    return 3 * int(knobs.get("io_timeout_ms", 5_000)) + int(knobs.get("key_lease_ms", 0))


def _repeats(request: Request) -> bool:
    return request.op.name == "place_again"


def _was_answered(facts: OrderFacts, key: str, request: Request) -> bool:
    completed = request.op.completed
    if completed is None:
        return False
    value = completed.value if isinstance(completed.value, dict) else {}
    if completed.kind == "ok" or value.get("status") in _MISUSED:
        return True
    return completed.kind == "fail" and exists_elsewhere(facts, key, request, completed.index)
