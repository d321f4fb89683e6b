"""GW-6, and GW-3 where an instance is dead: what is answered while all is well, while other routes are not, and while none can be reached."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable_patterns.gateway.circumstances import Case, Circumstances, circumstances_of
from shaketable_patterns.gateway.facts import GatewayFacts, Sent


def served_when_all_is_well(facts: GatewayFacts, tally: Tally) -> None:
    """Judge good requests while nothing is wrong, and has not been for `return_ms`: each is served."""
    for sent, found in _in_case(facts, tally, "calm"):
        if not (sent.was_served or sent.was_limited):
            anomaly = "not-served" if found.trouble is None else "not-back"
            since = (
                ""
                if found.trouble is None
                else ", and the last trouble had been over for longer than return_ms"
            )
            told = f"{sent.of} {sent.told} though nothing was wrong{since}"
            tally.breach(anomaly, told, found.fault, sent.at, sent.returned, about=(sent.of,))


def other_routes_are_served(facts: GatewayFacts, tally: Tally) -> None:
    """Judge good requests while instances of other routes alone are in trouble: each is served."""
    for sent, found in _in_case(facts, tally, "beside"):
        if not (sent.was_served or sent.was_limited):
            told = f"{sent.of} {sent.told} though only another route was in trouble"
            tally.breach("spreads", told, found.fault, sent.at, sent.returned, about=(sent.of,))


def dead_instances_are_passed_over(facts: GatewayFacts, tally: Tally) -> None:
    """Judge good requests while an instance has been dead for `detect_ms` and another one is there: each is served."""
    for sent, found in _in_case(facts, tally, "one-dead"):
        if not (sent.was_served or sent.was_limited):
            told = f"{sent.of} {sent.told} though an instance of its route was there all the time"
            tally.breach("dead-instance", told, found.fault, sent.at, sent.returned, about=(sent.of,))


def a_prompt_answer_when_none_is_there(facts: GatewayFacts, tally: Tally) -> None:
    """Judge good requests while no instance of their route can be reached: a 503 within `prompt_ms`."""
    prompt_ms = tally.profile.int("prompt_ms")
    for sent, found in _in_case(facts, tally, "down"):
        late_ms = sent.end_ms - sent.begin_ms
        if sent.status is None or late_ms > prompt_ms:
            told = f"{sent.of} {sent.told} in {late_ms} ms while no instance could be reached"
            tally.breach("hangs", told, found.fault, sent.at, sent.returned, about=(sent.of,))
        elif sent.status not in (503, 429):
            told = f"{sent.of} {sent.told} while no instance could be reached"
            tally.breach("wrong-status", told, found.fault, sent.at, sent.returned, about=(sent.of,))


def _in_case(facts: GatewayFacts, tally: Tally, case: Case) -> Iterator[tuple[Sent, Circumstances]]:
    """Yield the good requests that were sent in such circumstances, and count them."""
    for sent in facts.sent:
        if sent.good and sent.op.completed is not None:
            found = circumstances_of(facts, sent, tally.profile)
            if found.case == case:
                tally.exercised += 1
                yield sent, found
