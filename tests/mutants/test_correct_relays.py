"""Relays that are woken by NOTIFY or read the log: correct ones that are unlike the hardened ones are not accused."""

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.sim.world import SimWorld
from tests.campaigns import every
from tests.mutants.correct.relays import CORRECT


@pytest.mark.parametrize("subject", every(3, CORRECT), ids=lambda subject: subject.name)
def test_a_correct_relay_unlike_the_hardened_ones_is_not_accused(subject):
    result = certify_subject(subject, SimWorld(), Budget(runs=25, replays=1), 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    assert {p.id: p.counterexamples[0].finding for p in result.promises if p.counterexamples} == {}
