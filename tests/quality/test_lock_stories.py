"""What locks lack or get wrong, each shrunk from a generated run to its shortest story. The seeds are part of what is pinned."""

import pytest

from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable_patterns.lock.subjects import library, limited

RUNS_MAX = 300
SUBJECTS = {subject.name: subject for subject in (*limited(), *library())}
SHORTEST = {
    "lock/unfenced": {("LK-9", "stale-write"): 6},
    "lock/node-clock": {("LK-10", "broken-by-skew"): 3, ("LK-10", "kept-by-skew"): 2},
    "lock/redis-py": {("LK-5", "release-not-retried"): 6, ("LK-9", "stale-write"): 6},
    "lock/redis-py-asyncio": {("LK-9", "stale-write"): 6},
    "lock/python-redis-lock": {("LK-9", "stale-write"): 6},
}


@pytest.mark.parametrize("name", SHORTEST)
def test_each_defect_of_a_lock_shrinks_to_its_shortest_story(name):
    budget = Budget(runs=RUNS_MAX, replays=1, until_expected=True)
    result = certify_subject(SUBJECTS[name], ComponentWorld(), budget, 0, now_s=lambda: 0.0).result
    lengths = {
        (promise.id, example.finding.anomaly): len(example.schedule.steps)
        + len(example.schedule.deviations or ())
        for promise in result.promises
        for example in promise.counterexamples
    }
    assert lengths == SHORTEST[name]


def test_every_lock_with_a_known_defect_is_pinned():
    assert {name for name, subject in SUBJECTS.items() if subject.expects.breaks} == set(SHORTEST)
