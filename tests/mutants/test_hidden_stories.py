"""Hidden mistakes can be reached: a story written by hand breaks a promise of its own."""

import pytest

from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.world_choice import world_for
from tests.mutants.hidden import stories_components, stories_orders
from tests.mutants.hidden.catalogue import MUTANTS

STORIES = stories_orders.STORIES | stories_components.STORIES
TOLD = [mutant.subject for mutant in MUTANTS if mutant.name.rpartition("/")[2] in STORIES]


@pytest.mark.parametrize("subject", TOLD, ids=lambda subject: subject.name)
def test_the_story_breaks_a_promise_of_the_mutant(subject):
    name = subject.name.rpartition("/")[2]
    outcome = execute(world_for(subject), subject, Schedule(subject.name, STORIES[name]))
    assert outcome.unknown == ""
    broken = {finding.promise for finding in outcome.findings} & set(subject.kills)
    assert broken


def test_each_story_is_of_a_mutant():
    assert set(STORIES) == {subject.name.rpartition("/")[2] for subject in TOLD}
