"""A choice is right where it is declared, and found where the opposite is."""

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.sim.world import SimWorld
from tests.campaigns import every
from tests.mutants.declared_choices import CHOICES, OPPOSITES
from tests.mutants.killing import killers, stored
from tests.mutants.wrong_subjects import opposite

RUNS_CERTIFIED = 150
STORED = stored()


@pytest.mark.parametrize("subject", every(2, CHOICES), ids=lambda subject: subject.profile.name)
def test_a_choice_that_is_declared_is_not_accused(subject):
    result = certify_subject(
        subject, SimWorld(), Budget(runs=RUNS_CERTIFIED, replays=1), 0, now_s=lambda: 0.0
    ).result
    assert result.calibration == ()
    assert {p.id: p.verdict.name for p in result.promises if p.counterexamples} == {}


@pytest.mark.parametrize(
    ("subject", "promise"), OPPOSITES, ids=lambda x: x if isinstance(x, str) else x.profile.name
)
def test_the_opposite_of_what_is_declared_is_found(subject, promise):
    name, chosen = opposite(subject, promise)
    assert promise in killers(chosen, STORED[name])
