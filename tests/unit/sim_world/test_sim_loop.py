"""The virtual-time loop: order, ownership, power cuts, pauses, deadlocks."""

import asyncio
import contextvars

import pytest

from shaketable.errors import Deadlock, ForbiddenCall
from shaketable.sim.loop import SimLoop
from shaketable.sim.owner import OWNER, Owner


def spawn_as(loop: SimLoop, owner: Owner, coroutine) -> asyncio.Task:
    context = contextvars.Context()
    context.run(OWNER.set, owner)
    return loop.create_task(coroutine, context=context)


def test_timers_of_one_instant_fire_in_the_order_they_were_asked_for():
    loop, seen = SimLoop(), []
    loop.call_later(0.005, seen.append, "second instant")
    loop.call_later(0.002, seen.append, "first")
    loop.call_later(0.002, seen.append, "then")
    loop.advance(5)
    assert seen == ["first", "then", "second instant"]


def test_time_moves_only_when_it_is_advanced():
    loop, seen = SimLoop(), []
    loop.call_later(0.001, seen.append, 1)
    loop.run_ready()
    assert (loop.virtual_ms, seen) == (0, [])
    loop.advance(1)
    assert (loop.virtual_ms, seen) == (1, [1])


def test_time_passes_alone_only_when_no_other_callback_would_run_meanwhile():
    loop, seen = SimLoop(), []

    def passes(delay_ms: int) -> None:
        seen.append((loop.pass_alone(delay_ms), loop.virtual_ms))

    loop.call_later(0.001, passes, 2)
    loop.advance(10)  # alone
    loop.call_later(0.001, passes, 3)
    loop.call_later(0.004, lambda: None)
    loop.advance(10)  # a timer at the same instant comes first
    loop.call_later(0.001, passes, 10)
    loop.advance(10)  # not beyond what was asked for
    loop.call_later(0.001, passes, 2)
    loop.call_later(0.001, lambda: None)
    loop.advance(10)  # another callback is ready
    loop.call_soon(passes, 1)
    loop.run_ready()  # one instant has no time in it
    assert seen == [(True, 3), (False, 11), (False, 21), (False, 31), (False, 40)]


def test_plain_asyncio_code_runs_with_its_timeouts_locks_and_queues():
    async def main() -> list[str]:
        loop, seen, lock = asyncio.get_running_loop(), [], asyncio.Lock()

        async def worker(name: str) -> None:
            async with lock:
                await asyncio.sleep(1)
                seen.append(f"{name} at {loop.time()}")

        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.5)
        async with asyncio.timeout(10):
            await asyncio.gather(worker("a"), worker("b"))
        return seen

    assert SimLoop().run_until_complete(main()) == ["a at 1.5", "b at 2.5"]


def test_a_power_cut_runs_no_finally():
    loop, owner, seen = SimLoop(), Owner(), []

    async def work() -> None:
        try:
            await loop.sleep(10)
            seen.append("woke")
        finally:
            seen.append("finally")

    spawn_as(loop, owner, work())
    loop.advance(5)
    owner.alive = False
    loop.advance(100)
    assert seen == []


def test_a_task_started_by_an_owned_task_dies_with_it():
    loop, owner, seen = SimLoop(), Owner(), []

    async def child() -> None:
        await asyncio.sleep(1)
        seen.append("child")

    async def parent() -> None:
        await asyncio.gather(child(), child())

    spawn_as(loop, owner, parent())
    loop.run_ready()
    owner.alive = False
    loop.advance(10_000)
    assert seen == []


def test_a_paused_owner_runs_late_and_in_order():
    loop, owner, seen = SimLoop(), Owner(), []

    async def tick(after_ms: int) -> None:
        await loop.sleep(after_ms)
        seen.append((after_ms, loop.virtual_ms))

    for after_ms in (1, 2, 30):
        spawn_as(loop, owner, tick(after_ms))
    loop.run_ready()
    owner.paused = True
    loop.advance(20)
    assert seen == []
    loop.resume(owner)
    loop.advance(20)
    assert seen == [(1, 20), (2, 20), (30, 30)]


def test_waiting_for_what_can_never_come_is_a_deadlock_that_names_the_task():
    async def stuck_for_ever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="stuck_for_ever"):
        SimLoop().run_until_complete(stuck_for_ever())


def test_closing_the_loop_is_quiet_even_when_clean_up_code_awaits():
    loop = SimLoop()

    async def work() -> None:
        try:
            await loop.sleep(10)
        finally:
            await asyncio.sleep(1)

    loop.create_task(work())
    loop.run_ready()
    loop.close()


def test_a_thread_or_a_socket_is_refused_by_name():
    async def use_a_thread() -> None:
        await asyncio.to_thread(print)

    async def use_a_socket() -> None:
        await asyncio.open_connection("localhost", 1)

    with pytest.raises(ForbiddenCall, match="run_in_executor"):
        SimLoop().run_until_complete(use_a_thread())
    with pytest.raises(ForbiddenCall, match="create_connection"):
        SimLoop().run_until_complete(use_a_socket())
