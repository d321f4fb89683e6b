"""What put each clause to the test: runs, kinds and places of faults; and what would, where nothing did."""

import msgspec

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.report.console import notes
from shaketable.report.result_words import never_reached_words
from shaketable.report.verification.evidence import contradictions
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects

SUBJECT = next(subject for subject in order_subjects() if subject.name == "order-outbox/hardened")


def certified(runs, seed=3):
    return certify_subject(SUBJECT, SimWorld(), Budget(runs=runs, replays=1), seed, now_s=lambda: 0.0).result


def by_clause(result):
    return {
        clause: (promise, tried) for promise in result.promises for clause, tried in promise.tried.items()
    }


def test_each_clause_has_its_runs_and_the_faults_that_landed_in_them():
    result = certified(30)
    found = by_clause(result)
    assert set(found) == {clause for promise in result.promises for clause in promise.clauses}
    promise, often = found["what is committed arrives"]
    assert 0 < often.runs <= promise.runs
    assert len(often.kinds) > 2
    assert len(often.places) > 2
    assert often.reached_by == ""
    assert set(often.kinds) <= {one.fault for one in result.landed}
    lock = found["only its holder gives a lock up"][1]
    assert lock.runs < often.runs  # it takes a long pause


def test_a_clause_that_no_run_reached_says_what_would():
    result = certified(2)
    words = never_reached_words(result)
    clause = "no row is skipped"
    tried = by_clause(result)[clause][1]
    assert (tried.runs, tried.kinds) == (0, ())
    assert tried.reached_by.startswith("a row whose COMMIT comes after")
    said = f"OB-6 never put to the test: {clause} (reached by {tried.reached_by})"
    assert said in words
    assert f"  {said}" in [text.plain for text in notes(result)]


def test_a_promise_that_was_never_exercised_says_what_would_exercise_it():
    (poison,) = [promise for promise in certified(1, seed=1).promises if promise.id == "OB-7"]
    assert poison.reason_kind == "never-exercised"
    assert poison.clauses == {"poison holds up no other row": 0}
    assert poison.reason.endswith("; it would be by an event that no broker takes (an op that plays poison)")


def test_a_certificate_whose_clauses_claim_faults_that_never_landed_is_not_believed():
    result = certified(10)
    first = result.promises[0]
    clause = next(iter(first.tried))
    wrong = msgspec.structs.replace(first.tried[clause], kinds=("flood",))
    forged = msgspec.structs.replace(first, tried={**first.tried, clause: wrong})
    whole = msgspec.structs.replace(result, promises=(forged, *result.promises[1:]))
    told = list(contradictions(SUBJECT, whole))
    assert not any("landed nowhere" in problem for problem in contradictions(SUBJECT, result))
    assert any("faults landed that landed nowhere" in problem for problem in told)
