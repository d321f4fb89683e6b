"""What libraries of token verifiers and idempotency stores get wrong, each shrunk to its shortest story. The seeds are part of what is pinned."""

import pytest

from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable_patterns.idempotency_store.subjects import library as stores
from shaketable_patterns.token_verifier.subjects import library as verifiers

RUNS_MAX = 200
SUBJECTS = {subject.name: subject for subject in (*verifiers(), *stores())}
SHORTEST = {
    "token-verifier/python-jose": {("TV-4", "crashed"): 1, ("TV-5", "critical-ignored"): 2},
    "idempotency-store/powertools": {("IS-1", "wrong-outcome"): 2},
    "idempotency-store/asgi-header": {("IS-4", "key-blocked"): 3},
}


@pytest.mark.parametrize("name", SHORTEST)
def test_each_defect_of_a_library_shrinks_to_its_shortest_story(name):
    budget = Budget(runs=RUNS_MAX, replays=1, until_expected=True)
    result = certify_subject(SUBJECTS[name], ComponentWorld(), budget, 0, now_s=lambda: 0.0).result
    lengths = {
        (promise.id, example.finding.anomaly): len(example.schedule.steps)
        + len(example.schedule.deviations or ())
        for promise in result.promises
        for example in promise.counterexamples
    }
    assert lengths == SHORTEST[name]


def test_every_library_with_a_known_defect_is_pinned():
    assert {name for name, subject in SUBJECTS.items() if subject.expects.breaks} == set(SHORTEST)
