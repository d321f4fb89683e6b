"""Whenever Ctrl-C ends a command on the world `processes`, it ends soon and nothing of it is left.

A search is ended before it has a server and after it has found something; the moments between stand in `make soak-ends`.
"""

import pytest

from tests.processes.ended_command import BOUNDARIES, CERTIFY, ENDS_WITHIN_S, command
from tests.processes.started import needs_the_extra, run

pytestmark = needs_the_extra


@pytest.mark.parametrize("moment", ["", "say : found "])
def test_ctrl_c_ends_it_soon_and_leaves_nothing(moment):
    async def story():
        with command(*CERTIFY) as begun:
            await begun.reach(moment)
            said, took_s = begun.interrupt()
            assert took_s < ENDS_WITHIN_S
            assert "interrupted: 1 of 1 subjects were judged" in said
            assert begun.process.returncode in (1, 3)
            await begun.nothing_left()

    run(story())


@pytest.mark.parametrize("moment", ["", "postgres", "payment"])
def test_ctrl_c_of_a_command_that_runs_the_world_itself(moment):
    async def story():
        with command(*BOUNDARIES) as begun:
            await begun.reach(moment)
            _, took_s = begun.interrupt()
            assert took_s < ENDS_WITHIN_S
            await begun.nothing_left()

    run(story())
