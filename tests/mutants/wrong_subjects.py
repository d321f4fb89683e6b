"""Every wrong subject that the checkers are checked with, by name: shipped mutants, opposites of choices, cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shaketable.subject import Component, ComponentContext, ComponentRun, Subject
from shaketable_patterns.bulkhead.subjects import mutants as bulkheads
from shaketable_patterns.catalogue import history_subjects, order_subjects, waiting_subjects
from shaketable_patterns.circuit_breaker.subjects import mutants as breakers
from shaketable_patterns.discovery.subjects import mutants as discoveries
from shaketable_patterns.idempotency_store.subjects import mutants as stores
from shaketable_patterns.lock.subjects import mutants as locks
from shaketable_patterns.order_two_phase.subjects import mutants as two_phase
from shaketable_patterns.price_copies.subjects import mutants as copies
from shaketable_patterns.rate_limiter.subjects import mutants as limiters
from shaketable_patterns.restaurant_front.subjects import mutants as fronts
from shaketable_patterns.retry.subjects import mutants as retries
from shaketable_patterns.shop_gateway.subjects import mutants as gateways
from shaketable_patterns.token_verifier.subjects import mutants as verifiers
from tests.mutants.declared_choices import OPPOSITES
from tests.quality.cases import breakers_wrong, orders

SHOWN_ONLY = "bulkhead/mutant-miscounts-running"
"""A mistake in what it shows, which cannot be seen otherwise."""
CASES: tuple[tuple[Callable[[], Subject], str], ...] = (
    (orders.sweeps_all, "OB-2"),
    (orders.ids_of_the_cause, "SG-5"),
    (orders.inbox_forgets, "ID-2"),
    (orders.refund_already_done, "DL-2"),
    (orders.redrives_first_only, "DL-2"),
    (breakers_wrong.asks_twice, "CB-8"),
    (breakers_wrong.counts_everything_half_open, "CB-7"),
    (breakers_wrong.check_then_act, "CB-3"),
    (breakers_wrong.wall_clock, "CB-8"),
)
"""What was certified once, or violated by a promise that is not its own."""


def wrong_subjects() -> dict[str, Subject]:
    """Return them all, the quickest to find first within each family."""
    shipped = [
        *order_subjects(),
        *history_subjects(),
        *waiting_subjects(),
        *gateways(),
        *two_phase(),
        *copies(),
        *discoveries(),
        *fronts(),
        *breakers(),
        *bulkheads(),
        *stores(),
        *locks(),
        *limiters(),
        *retries(),
        *verifiers(),
    ]
    found = {subject.name: subject for subject in shipped if subject.kills}
    found |= {f"{m.name} silent": silent(m) for m in bulkheads() if m.name != SHOWN_ONLY}
    found |= dict(opposite(subject, promise) for subject, promise in OPPOSITES)
    found |= {make.__name__: replace(make(), kills=(promise,)) for make, promise in CASES}
    return found


def opposite(subject: Subject, promise: str) -> tuple[str, Subject]:
    """Return the name of a subject that is not what it declares, and the subject with the promise that it breaks."""
    return f"{subject.name} {subject.profile.name}", replace(subject, kills=(promise,))


def silent(subject: Subject) -> Subject:
    """Return the subject without what it shows of itself: its history has no readings."""
    assert isinstance(subject.target, Component)
    open_run = subject.target.open

    class Silent:
        def __init__(self, context: ComponentContext) -> None:
            self.seed = context.seed
            self.orders = context.orders
            self._record: Callable[..., int] = context.record

        def record(self, time_ms: int, kind: str, process: str, name: str, value: Any, ref: int) -> int:
            return -1 if kind == "state" else self._record(time_ms, kind, process, name, value, ref)

    def opened(context: ComponentContext) -> ComponentRun:
        return open_run(Silent(context))

    return replace(subject, target=Component(open=opened))
