"""What shows only while time passes too fast, and not where services have more of it, is no violation."""

from __future__ import annotations

import pytest
from counter_subject import ToyWorld, counter
from fickle_world import PacedWorld

from shaketable.certificate import PromiseResult
from shaketable.explore.budget import Budget
from shaketable.explore.certify import Examined, certify_subject
from shaketable.explore.pool.coordinator import certify_shared
from shaketable.explore.pool.jobs import Certified, Certify, Loader
from shaketable.verdict import Verdict


def certify(world: ToyWorld, patient: ToyWorld | None = None, rehearsal: ToyWorld | None = None) -> Examined:
    budget = Budget(runs=60)
    return certify_subject(
        counter("lost"), world, budget, now_s=lambda: 0.0, rehearsal=rehearsal, patient=patient
    )


def broken(examined: Examined) -> PromiseResult:
    """Return the promise that the counter breaks where it loses an add."""
    return examined.result.promises[0]


def patient(**more: object) -> PacedWorld:
    return PacedWorld(scale=10.0, **more)  # type: ignore[arg-type]


def test_what_patient_servers_never_show_is_withdrawn_and_its_promise_unknown() -> None:
    hurried, calm = PacedWorld(), patient(until=0)
    examined = certify(hurried, calm)
    promise = broken(examined)
    assert (promise.verdict, promise.reason_kind) == (Verdict.UNKNOWN, "contradicted")
    assert promise.reason.startswith(
        "shown with time passing 30 times as fast, and in none of 5 runs at 10 times"
    )
    assert list(examined.result.withdrawn) == ["CT-1 lost add"]
    assert examined.histories == {}
    assert calm.opened == 5
    assert hurried.closed == calm.closed == 1  # one set of servers at a time


def test_what_patient_servers_show_now_and_then_is_violated() -> None:
    promise = broken(certify(PacedWorld(), patient(every=3)))
    (example,) = promise.counterexamples
    (tried,) = example.confirmations
    assert (promise.verdict, tried.outcome, tried.reproduced) == (Verdict.VIOLATED, "confirmed", 1)


def test_what_shows_in_the_simulated_world_is_no_matter_of_hurry() -> None:
    calm = patient(until=0)
    assert broken(certify(PacedWorld(), calm, ToyWorld())).verdict is Verdict.VIOLATED
    assert calm.opened == 0


def test_a_search_that_was_patient_itself_needs_no_other_servers() -> None:
    calm = patient(until=0)
    assert broken(certify(PacedWorld(scale=10.0), calm)).verdict is Verdict.VIOLATED
    assert calm.opened == 0


@pytest.mark.parametrize(("strikes", "verdict"), [(False, Verdict.UNKNOWN), (True, Verdict.VIOLATED)])
def test_where_patient_runs_prove_nothing_a_story_is_told_only_if_something_struck(
    strikes: bool, verdict: Verdict
) -> None:
    assert broken(certify(PacedWorld(strikes=strikes), patient(until=0, misses=True))).verdict is verdict


def test_a_world_that_lacks_what_a_run_needs_accuses_of_nothing_that_patient_servers_never_show() -> None:
    examined = certify(PacedWorld(strikes=True), patient(until=0, blind=True))
    assert broken(examined).verdict is Verdict.UNKNOWN
    assert examined.result.withdrawn["CT-1 lost add"].endswith("it is blind")


def test_what_a_world_without_all_that_it_needs_shows_patiently_too_is_violated() -> None:
    assert broken(certify(PacedWorld(strikes=True), patient(every=3, blind=True))).verdict is Verdict.VIOLATED


def test_a_search_that_several_share_withdraws_it_too() -> None:
    loader = Loader(
        "counter_subject:subject_by_name", "fickle_world:hurried_for", "processes", "fickle_world:patient_for"
    )
    job = Certify("counter/lost", loader, Budget(runs=60))
    (result,) = certify_shared([job], 2)
    assert isinstance(result, Certified)
    promise = broken(result.examined)
    assert (promise.verdict, promise.reason_kind) == (Verdict.UNKNOWN, "contradicted")
