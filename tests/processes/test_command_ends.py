"""Whether a command on the world `processes` is killed or ends by itself, nothing of it is left."""

import signal
from concurrent.futures import ThreadPoolExecutor

from tests.processes.ended_command import BOUNDARIES, CERTIFY, CERTIFY_ONE_RUN, command
from tests.processes.started import needs_the_extra, run

pytestmark = needs_the_extra
MOMENTS = ("", "postgres", "say : found ")


def test_after_a_kill_nothing_runs_and_nothing_is_left_even_without_another_start():
    async def story(moment: str) -> None:
        with command(*CERTIFY) as begun:
            await begun.reach(moment)
            begun.process.send_signal(signal.SIGKILL)
            begun.process.wait()
            await begun.nothing_left()

    # Side by side: each waits for its servers most of its time.
    with ThreadPoolExecutor(len(MOMENTS)) as threads:
        ends = {moment: threads.submit(run, story(moment)) for moment in MOMENTS}
    assert {moment: end.exception() for moment, end in ends.items()} == dict.fromkeys(MOMENTS)


def test_a_normal_end_leaves_nothing_at_all():
    with command(*BOUNDARIES) as begun:
        out, _ = begun.process.communicate(timeout=120)
        assert begun.process.returncode == 0
        assert "payment>postgres" in out
        assert begun.everyone() == []
        assert begun.runs() == []


def test_a_worker_takes_its_world_down_at_a_normal_end():
    with command(*CERTIFY_ONE_RUN) as begun:
        begun.process.communicate(timeout=120)
        assert begun.process.returncode in (1, 3)
        assert begun.everyone() == []
        assert begun.runs() == []
