"""Each wait of a real run has a limit, and what is not over by then is told by the name of what was waited for."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from shaketable.history import History
from shaketable.real import loop_thread
from shaketable.real.bounded_waits import WaitExpired, within
from shaketable.real.loop_thread import LoopThread
from shaketable.real.oracles.oracle import LimitedOracle
from shaketable.real.run.quiet_detector import QuietDetector
from shaketable.real.stack.power import RealPower

SOON_S = 0.05


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    opened = LoopThread()
    yield opened
    opened.close()


class Silent:
    """An oracle of a server that never answers."""

    def __getattr__(self, _: str):
        async def never(*_: object) -> None:
            await asyncio.Event().wait()

        return never


class OwnTimeout:
    """An oracle whose server says by itself that it waited in vain."""

    async def begin(self) -> None:
        raise TimeoutError("the server's own")


@pytest.mark.parametrize(
    ("asks", "what"),
    [
        (lambda o: o.open(), "kafka to take what the system declares"),
        (lambda o: o.watch(), "kafka to be watched"),
        (lambda o: o.begin(), "kafka to begin a run"),
        (lambda o: o.read(None), "kafka to tell what happened in the run"),
        (lambda o: o.has_work(None), "kafka to tell whether it has work left"),
        (lambda o: o.is_unsettled(None), "kafka to tell whether something goes on at it"),
        (lambda o: o.drop_work(None), "kafka to drop what parts have left undone"),
        (lambda o: o.close(), "kafka to close the connections of the harness"),
    ],
)
def test_a_server_that_never_answers_is_named_whatever_it_is_asked(asks, what):
    with pytest.raises(WaitExpired, match=rf"waited 0\.05 s for {what}, in vain"):
        asyncio.run(asks(LimitedOracle(Silent(), "kafka", within_s=SOON_S)))


def test_a_timeout_of_the_server_itself_is_told_as_it_is():
    with pytest.raises(TimeoutError, match="the server's own"):
        asyncio.run(LimitedOracle(OwnTimeout(), "postgres").begin())


class Wordless:
    """An oracle whose client gives up by itself, as asyncpg's does, and does not say what it waited for."""

    async def begin(self) -> None:
        raise TimeoutError


def test_a_timeout_without_a_word_is_told_by_the_name_of_the_server():
    with pytest.raises(WaitExpired, match="waited 0 s for postgres to begin a run, in vain"):
        asyncio.run(LimitedOracle(Wordless(), "postgres").begin())


async def all_run() -> None:
    """Every server runs."""


def test_the_wait_for_quiet_ends_when_a_server_never_says_whether_it_has_work(thread):
    stack = SimpleNamespace(
        clock=SimpleNamespace(elapsed_ms=lambda: 9_000, real_s=lambda ms: ms / 1_000),
        board=SimpleNamespace(
            held=0, active_ms=0, all_pollers_seen=True, pollers={}, regrouped_s=-1e9, session_s=0.0
        ),
        power=SimpleNamespace(groups_may_rebalance=False),
        session_timeout_ms=1_000,
        require_servers=all_run,
        edges={},
        oracles=(LimitedOracle(Silent(), "kafka", within_s=SOON_S),),
        system=SimpleNamespace(quiet_ms=90_000, pause_ms=1_000, session_timeout_ms=1_000, bound_ms=60_000),
    )
    with pytest.raises(WaitExpired, match="kafka to tell whether it has work left"):
        thread.call(QuietDetector(stack, History(), ()).wait(healed=True))


async def outer() -> None:
    await inner()


async def inner() -> None:
    await asyncio.Event().wait()


async def forgotten() -> None:
    await asyncio.Event().wait()


async def starts_another() -> None:
    other = asyncio.ensure_future(forgotten())
    await asyncio.gather(other)


def test_a_call_that_never_ends_says_where_it_waits(thread):
    with pytest.raises(
        WaitExpired, match=r"waited 0\.05 s for the run to begin, .*outer \(.*\d\) > inner \("
    ):
        thread.call(outer(), within_s=SOON_S, what="the run to begin")


def test_a_call_that_never_ends_says_what_else_is_under_way(thread):
    with pytest.raises(WaitExpired, match=r"waited 0\.05 s for starts_another") as expired:
        thread.call(starts_another(), within_s=SOON_S)
    assert any("forgotten (" in note for note in expired.value.__notes__)


def test_what_a_call_raises_by_itself_is_told_as_it_is(thread):
    async def own() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        thread.call(own(), within_s=60)


def test_the_thread_goes_on_after_a_call_that_never_ended(thread):
    with pytest.raises(WaitExpired):
        thread.call(outer(), within_s=SOON_S)
    assert thread.call(asyncio.sleep(0, "on")) == "on"


async def stubborn(began: threading.Event) -> None:
    began.set()
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


def test_what_does_not_let_itself_be_cancelled_is_named_at_the_end_of_the_thread(monkeypatch):
    monkeypatch.setattr(loop_thread, "_CLOSED_WITHIN_S", SOON_S)
    thread, began = LoopThread(), threading.Event()
    asyncio.run_coroutine_threadsafe(stubborn(began), thread.loop)
    assert began.wait(10)
    with pytest.raises(
        WaitExpired, match=r"waited 0\.05 s for what was under way to be cancelled"
    ) as expired:
        thread.close()
    assert any("stubborn (" in note for note in expired.value.__notes__)
    assert thread.loop.is_closed()
    thread.close()


def test_the_wait_for_a_crash_ends_when_its_outage_is_cancelled():
    class Launcher:
        cannot_crash = frozenset()

        async def kill(self, _: str) -> bool:
            await asyncio.Event().wait()
            return True

    async def story() -> None:
        power = RealPower(Launcher(), {}, {}, lambda _: asyncio.sleep(0))
        power.begin(SimpleNamespace(real_s=lambda _: 0.0), History())
        crash = asyncio.ensure_future(power.crash("till", 100))
        await asyncio.sleep(0)
        (outage,) = power._down.values()
        outage.task.cancel()
        await within(asyncio.wait([crash]), within_s=10, what="the crash to be over")
        assert crash.cancelled()

    asyncio.run(story())
