"""The shop's gateway: every mutant dies of a promise it names, the hardened one of none, and correct ones are not accused."""

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.mutation import hunt
from shaketable.sim.world import SimWorld
from shaketable.verdict import Verdict
from shaketable_patterns.shop_gateway.subjects import subjects
from tests.campaigns import every
from tests.mutants.correct.gateways import CORRECT
from tests.mutants.killing import killers, stored

RUNS_MAX = 500
STORED = stored()
HARDENED, *MUTANTS = subjects()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_dies_of_a_promise_it_names_by_its_stored_schedule_and_the_hardened_one_survives_it(mutant):
    assert killers(mutant, STORED[mutant.name]) & set(mutant.kills), mutant.summary
    assert killers(HARDENED, STORED[mutant.name]) == set()


def test_a_search_finds_one_that_verifies_by_what_the_token_names():
    (mutant,) = (one for one in MUTANTS if one.name.endswith("goes-by-the-header"))
    assert set(hunt(mutant, SimWorld(), runs_max=RUNS_MAX).killed_by) & set(mutant.kills)


def test_the_hardened_one_breaks_nothing_and_every_promise_is_tried():
    result = certify_subject(HARDENED, SimWorld(), Budget(runs=100, replays=1), 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    assert {p.id: p.verdict.name for p in result.promises if p.verdict is not Verdict.CERTIFIED} == {}


def test_each_promise_has_a_mutant_that_dies_of_it_alone():
    only = [killers(mutant, STORED[mutant.name]) for mutant in MUTANTS]
    assert {next(iter(one)) for one in only if len(one) == 1} == {f"GW-{number}" for number in range(1, 8)}


@pytest.mark.parametrize("subject", every(3, CORRECT), ids=lambda subject: subject.name)
def test_a_correct_gateway_unlike_the_hardened_one_is_not_accused(subject):
    result = certify_subject(subject, SimWorld(), Budget(runs=25, replays=1), 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    assert {p.id: p.counterexamples[0].finding for p in result.promises if p.counterexamples} == {}
