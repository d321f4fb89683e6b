"""A run on real servers tells when the machine had no processor for it, and what is asked of calm counts from then."""

import asyncio
import time
from pathlib import Path

from shaketable.history import History
from shaketable.real.bounded_waits import within
from shaketable.real.clock import RunClock
from shaketable.real.run.busy_machine import BusyMachine
from shaketable.real.run.cpu_pressure import CpuPressure

SCALE = 30.0


async def watched(history: History, *, blocked_s: float) -> None:
    """Watch a loop that does nothing else than to be taken away for `blocked_s` at a time, until something is recorded."""
    busy = BusyMachine(RunClock(SCALE), history, CpuPressure([]))
    busy.begin()
    try:
        while not history.events:
            await asyncio.sleep(0)
            until_s = time.monotonic() + blocked_s
            while time.monotonic() < until_s:
                pass
    finally:
        await busy.end()


def test_a_loop_that_does_not_get_its_turns_is_recorded_as_busy_with_its_lateness():
    history = History()
    asyncio.run(within(watched(history, blocked_s=0.05), within_s=30, what="the busy machine to be told"))
    (event,) = history.events
    assert (event.kind, event.process, event.name) == ("phase", "harness", "busy")
    assert event.value["late_ms"] > 0.05 * SCALE * 1000


def test_nothing_goes_on_after_the_end():
    history = History()

    async def begun_and_ended() -> set[asyncio.Task[None]]:
        busy = BusyMachine(RunClock(SCALE), history)
        busy.begin()
        await busy.end()
        await busy.end()
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(begun_and_ended()) == set()
    assert history.events == []


def pressed(file: Path, waited_us: int) -> None:
    file.write_text(f"some avg10=0.00 avg60=0.00 avg300=0.00 total={waited_us}\nfull avg10=0.00 total=0\n")


def test_processes_that_wait_make_the_machine_busy_though_this_one_gets_its_turns(tmp_path: Path):
    history = History()
    file = tmp_path / "cpu"
    pressed(file, 0)

    async def run() -> None:
        busy = BusyMachine(RunClock(SCALE), history, CpuPressure([file]))
        pressed(file, 60_000_000)
        busy.begin()
        try:
            while not history.events:
                await asyncio.sleep(0.01)
        finally:
            await busy.end()

    asyncio.run(within(run(), within_s=30, what="the busy machine to be told"))
    assert history.events[0].value["waiting"] == 1.0


def test_a_kernel_that_tells_no_pressure_tells_none(tmp_path: Path):
    (tmp_path / "odd").write_text("some avg10=0.00\n")
    assert CpuPressure([tmp_path / "none", tmp_path / "odd"]).so_far() == 0.0
