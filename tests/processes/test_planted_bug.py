"""A state machine, unchanged, against real servers: a planted bug is found, shrunk, and told with its rate."""

import pytest

from shaketable.explore.check import PromiseBroken
from shaketable.testing import certify, subject_named
from shaketable.world_choice import close_worlds
from tests.processes.started import needs_the_extra

pytestmark = needs_the_extra


@pytest.fixture
def closing():
    yield
    close_worlds()


@pytest.mark.usefixtures("closing")
def test_a_planted_bug_is_found_and_shrunk_on_real_servers():
    with pytest.raises(PromiseBroken) as caught:
        certify(subject_named("order-saga/mutant-refund-deletes"), world="processes", runs=100)
    told = caught.value
    assert told.finding.promise in ("SG-3", "OB-1")
    assert len(told.schedule.steps) <= 6
    assert len(told.schedule.steps) < len(told.found.steps)
    reproduced, _, rest = told.rate.partition(" of ")
    assert int(reproduced) >= 1
    assert rest == "5 runs on processes"
