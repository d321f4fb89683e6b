"""The defects of the listings, each shrunk from a generated run to its shortest story.

Shrinking removes steps, so it ends in a local minimum: from another seed a story can stay longer than the shortest
one known (seen: OB-3 with 5 steps, OB-4 with 9). A deviation counts like a step. The seeds are therefore part of what is pinned. No time is
asserted; the number of runs is, because it does not depend on the machine.
"""

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import history_subjects, order_subjects, waiting_subjects
from shaketable_patterns.restaurant_front.subjects import subjects as front_subjects

RUNS_MAX = 300
SUBJECTS = {
    subject.name: subject
    for subject in (*order_subjects(), *history_subjects(), *waiting_subjects(), *front_subjects())
}
SHORTEST = {
    "order-saga/as-listed": (
        1,
        {
            ("SG-1", "money-kept"): 2,
            ("SG-2", "double-charge"): 2,
            ("SG-4", "cancelled-before-refund"): 2,
            ("OB-1", "lost-event"): 2,
            ("OB-5", "phantom-event"): 2,
            ("ID-2", "double-effect"): 2,
            ("ID-6", "effect-without-record"): 1,
        },
    ),
    "order-saga/as-listed-orchestrated": (
        8,
        {
            ("SG-1", "money-kept"): 2,
            ("SG-1", "stock-leaked"): 2,
            ("SG-4", "cancelled-before-refund"): 2,
            ("SG-5", "stranded-saga"): 2,
            ("SG-8", "not-resumed"): 2,
        },
    ),
    "order-outbox/as-listed": (
        1,
        {
            ("OB-3", "marked-unsent"): 2,
            ("OB-4", "unfenced-claim"): 2,
            ("OB-7", "batch-rolled-back"): 2,
            ("OB-8", "unbounded-batch"): 4,
        },
    ),
    "order-outbox/as-listed-dual-write": (0, {("OB-1", "lost-event"): 2, ("OB-5", "phantom-event"): 2}),
    "order-consumer/as-listed": (0, {("ID-2", "double-effect"): 2}),
    "order-history/as-listed": (
        4,
        {
            ("PJ-1", "missing-in-view"): 2,
            ("PJ-1", "never-committed"): 2,
            ("PJ-1", "total-differs"): 2,
            ("PJ-2", "counted-twice"): 3,
            ("PJ-3", "newer-undone"): 6,
        },
    ),
    "restaurant-front/as-listed": (0, {("CB-11", "fallback-late"): 3}),
    "waiting-list/as-listed": (
        19,
        {
            ("HC-1", "not-healed"): 3,
            ("HC-1", "stale-entry"): 6,
            ("HC-3", "resurrected"): 7,
        },
    ),
}


@pytest.mark.parametrize("name", SHORTEST)
def test_each_defect_of_a_listing_shrinks_to_its_shortest_story(name):
    seed, shortest = SHORTEST[name]
    budget = Budget(runs=RUNS_MAX, replays=1, until_expected=True)
    examined = certify_subject(SUBJECTS[name], SimWorld(), budget, seed, now_s=lambda: 0.0)
    result = examined.result
    lengths = {
        (promise.id, example.finding.anomaly): len(example.schedule.steps)
        + len(example.schedule.deviations or ())
        for promise in result.promises
        for example in promise.counterexamples
    }
    assert result.surprises == ()
    assert {key: lengths.get(key) for key in shortest} == shortest
    assert [e.file for p in result.promises for e in p.counterexamples if e.hangs_on_timing] == []
    assert examined.histories
    for events in examined.histories.values():  # no story with faults is told in which none struck
        kinds = {event.kind for event in events}
        assert "fault" not in kinds or "receipt" in kinds


def test_every_listing_with_a_known_defect_is_pinned():
    assert {name for name, subject in SUBJECTS.items() if subject.expects.breaks} == set(SHORTEST)
