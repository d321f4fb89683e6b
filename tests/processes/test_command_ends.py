"""However and whenever a command on the world `processes` ends, nothing of it is left."""

import signal

import pytest

from tests.processes.ended_command import ENDS_WITHIN_S, EndedCommand, command
from tests.processes.started import needs_the_extra, run

pytestmark = needs_the_extra

BROKEN = "order-saga/as-listed"
CERTIFY = ("certify", BROKEN, "--world", "processes", "--budget", "60s", "--out", "{folder}/out")


async def reach(begun: EndedCommand, moment: str) -> None:
    """Wait for a moment in the life of a command: its run's folder, a process of it, or what it says."""
    if moment.startswith("say "):
        begun.wait_for(moment.removeprefix("say "))
    else:
        await begun.wait_for_process(moment)


@pytest.mark.parametrize("moment", ["", "postgres", "payment", "say : found "])
def test_ctrl_c_ends_it_soon_and_leaves_nothing(moment):
    async def story():
        with command(*CERTIFY) as begun:
            await reach(begun, moment)
            said, took_s = begun.interrupt()
            assert took_s < ENDS_WITHIN_S
            assert "interrupted: 1 of 1 subjects were judged" in said
            assert begun.process.returncode in (1, 3)
            await begun.nothing_left()

    run(story())


@pytest.mark.parametrize("moment", ["", "postgres", "payment"])
def test_ctrl_c_of_a_command_that_runs_the_world_itself(moment):
    async def story():
        with command("boundaries", BROKEN, "--world", "processes") as begun:
            await reach(begun, moment)
            _, took_s = begun.interrupt()
            assert took_s < ENDS_WITHIN_S
            await begun.nothing_left()

    run(story())


@pytest.mark.parametrize("moment", ["", "postgres", "say : found "])
def test_after_a_kill_nothing_runs_and_nothing_is_left_even_without_another_start(moment):
    async def story():
        with command(*CERTIFY) as begun:
            await reach(begun, moment)
            begun.process.send_signal(signal.SIGKILL)
            begun.process.wait()
            await begun.nothing_left()

    run(story())


def test_a_normal_end_leaves_nothing_at_all():
    with command("boundaries", BROKEN, "--world", "processes") as begun:
        out, _ = begun.process.communicate(timeout=120)
        assert begun.process.returncode == 0
        assert "payment>postgres" in out
        assert begun.everyone() == []
        assert begun.runs() == []


def test_a_worker_takes_its_world_down_at_a_normal_end():
    with command(*CERTIFY[:4], "--runs", "1", *CERTIFY[6:]) as begun:
        begun.process.communicate(timeout=120)
        assert begun.process.returncode in (1, 3)
        assert begun.everyone() == []
        assert begun.runs() == []
