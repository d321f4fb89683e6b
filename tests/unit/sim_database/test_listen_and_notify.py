"""LISTEN and NOTIFY: what is heard, when, and what is lost with a connection."""

import asyncio

import pytest

from shaketable.ports import ConnectionLost, Timeout
from tests.unit.sim_database.test_database_port import Line, on_stage


async def notify(stage, *payloads, fails=False):
    async with stage.port_of(Line("writer")).transaction() as tx:
        for payload in payloads:
            await tx.notify("news", payload)
        if fails:
            raise ValueError


async def heard(listener, within_ms=1):
    """Return all that has arrived."""
    found = []
    session = listener._session
    while session.sent:
        found.append(await listener.get(within_ms))
    return found


@on_stage
async def test_a_notification_is_heard_at_the_commit_and_not_before(stage):
    listener = await stage.port.listen("news")
    async with stage.port_of(Line("writer")).transaction() as tx:
        await tx.notify("news", "a")
        assert await heard(listener) == []
    assert await heard(listener) == ["a"]


@on_stage
async def test_what_one_transaction_says_twice_is_heard_once(stage):
    listener = await stage.port.listen("news")
    await notify(stage, "a", "b", "a")
    await notify(stage, "a")
    assert await heard(listener) == ["a", "b", "a"]


@on_stage
async def test_a_transaction_that_is_rolled_back_says_nothing(stage):
    listener = await stage.port.listen("news")
    with pytest.raises(ValueError):
        await notify(stage, "a", fails=True)
    assert await heard(listener) == []


@on_stage
async def test_a_savepoint_that_is_returned_to_takes_back_what_was_said_since(stage):
    listener = await stage.port.listen("news")
    transaction = stage.server.begin("bank", "writer")
    transaction.notify("news", "a")
    transaction.savepoint("here")
    transaction.notify("news", "b")
    transaction.rollback_to("here")
    transaction.notify("news", "c")
    transaction.commit()
    assert await heard(listener) == ["a", "c"]


@on_stage
async def test_only_those_hear_it_that_listen_on_its_channel_when_it_commits(stage):
    await notify(stage, "too early")
    listener, other = await stage.port.listen("news"), await stage.port.listen("weather")
    await notify(stage, "a")
    assert (await heard(listener), await heard(other)) == (["a"], [])


@on_stage
async def test_a_listener_that_waits_is_woken(stage):
    listener = await stage.port.listen("news")
    waiting = asyncio.ensure_future(listener.get(1_000))
    await asyncio.sleep(0)
    await notify(stage, "a")
    assert await waiting == "a"


@on_stage
async def test_nothing_in_time_is_none_and_the_connection_stays(stage):
    listener = await stage.port.listen("news")
    waiting = asyncio.ensure_future(listener.get(1_000))
    await asyncio.sleep(0)
    stage.line.lost["LISTEN", "reply"] = Timeout("late")
    listener._session.waiter.set_result("swallowed on its way")
    assert await waiting is None
    with pytest.raises(ConnectionLost):  # but where a notification was swallowed, it is found dead
        await listener.get(1_000)


@on_stage
async def test_a_server_or_a_client_that_loses_power_takes_the_listener_with_it(stage):
    first, second = await stage.port.listen("news"), await stage.port_of(Line("other")).listen("news")
    stage.server.disconnect("other")
    await notify(stage, "a")
    assert await heard(first) == ["a"]
    with pytest.raises(ConnectionLost):
        await second.get(1)
    stage.server.crash()
    await notify(stage, "b")
    with pytest.raises(ConnectionLost):
        await first.get(1)
