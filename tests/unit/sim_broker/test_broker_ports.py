import asyncio

import pytest

from shaketable.ports import ConnectionLost, Timeout
from shaketable.sim.broker.consumer import ConsumerClosed
from shaketable.subject import Topic


def test_a_send_is_one_message_named_by_topic_and_key(bench):
    link, port = bench.port("shop")
    bench.run(port.send("orders", "order #7\n", {"n": 1}))
    assert link.crossed == ["PRODUCE orders/order__7_"]
    assert bench.seen("append")[0][1]["key"] == "order #7\n"


def test_a_lost_acknowledgement_raises_although_the_record_is_there_and_a_resend_makes_two(bench):
    link, port = bench.port("shop")
    link.script.append("lost reply")
    with pytest.raises(ConnectionLost):
        bench.run(port.send("orders", "k", 1))
    assert len(bench.broker.records("orders")) == 1
    bench.run(port.send("orders", "k", 1))
    assert len(bench.broker.records("orders")) == 2


def test_a_lost_send_is_not_repeated_behind_the_callers_back(bench):
    link, port = bench.port("shop")
    link.script.append("lost request")
    with pytest.raises(Timeout):
        bench.run(port.send("orders", "k", 1))
    assert bench.broker.records("orders") == []
    assert link.crossed == ["PRODUCE orders/k"]


def test_a_duplicated_produce_is_stored_twice(bench):
    link, port = bench.port("shop")
    link.script.append("twice")
    bench.run(port.send("orders", "k", 1))
    assert [r.offset for r in bench.broker.records("orders")] == [0, 1]


@pytest.mark.parametrize("fate", ["calm", "lost request", "lost reply"])
def test_the_outcome_of_a_background_send_is_not_reported(bench, fate):
    link, port = bench.port("shop")
    link.script.append(fate)

    async def hand_over():
        port.send_later("orders", "k", 1)

    bench.run(hand_over())
    bench.settle()
    assert len(bench.broker.records("orders")) == (fate != "lost request")


def test_a_get_on_a_ready_record_is_one_fetch(bench):
    bench.send("k1", "k2")
    link, a = bench.consumer("a")
    bench.run(a.get())
    assert link.crossed == ["(JOIN g)", "FETCH orders/k1"]
    bench.run(a.get())
    assert link.crossed[2:] == ["FETCH orders/k2"]


def test_waiting_for_a_record_is_no_message(bench):
    link, a = bench.consumer("a")
    got = bench.start(a.get())
    assert link.crossed == ["(JOIN g)"]
    bench.send("k")
    bench.settle()
    assert got.result().value == {"of": "k"}


def test_a_record_fits_the_port_that_services_see(bench):
    bench.broker.append("shop", "orders", "k", {"n": 1}, {"trace": "t"})
    _, a = bench.consumer("a")
    record = bench.run(a.get())
    assert (record.topic, record.partition, record.offset) == ("orders", 0, 0)
    assert (record.key, record.value, record.headers) == ("k", {"n": 1}, {"trace": "t"})


@pytest.mark.parametrize("fate", ["lost request", "lost reply"])
def test_a_lost_fetch_is_repeated_after_a_pause_and_delivers_once(bench, fate):
    bench.send("k1", "k2")
    link, a = bench.consumer("a")
    link.script.extend(["calm", fate])
    got = bench.start(a.get())
    assert not got.done()
    bench.release(bench.naps)
    assert got.result().key == "k1"
    assert bench.run(a.get()).key == "k2"
    assert [v["offset"] for _, v in bench.seen("deliver")] == [0, 1]


def test_a_failed_join_is_repeated(bench):
    bench.send("k")
    link, a = bench.consumer("a")
    link.script.extend(["lost request", "lost reply"])
    got = bench.start(a.get())
    bench.release(bench.naps)
    bench.release(bench.naps)
    assert got.result().key == "k"
    assert list(bench.broker.assignment("g")) == ["a-1"]


def test_seek_makes_a_record_come_again_next(make_bench):
    bench = make_bench(Topic("orders", 2))
    bench.send("k1", "k2", "k3", "k4")
    _, a = bench.consumer("a")
    first = bench.run(a.get())
    a.seek(first)
    assert bench.run(a.get()) is first
    assert bench.run(a.get()) is not first


def test_seek_of_a_lost_partition_does_nothing(bench):
    bench.send("k")
    _, a = bench.consumer("a")
    record = bench.run(a.get())
    bench.fall_silent("a")
    bench.time_out()
    _, b = bench.consumer("b")
    bench.run(b.commit(bench.run(b.get())))
    bench.come_back("a")
    bench.start(b.get())
    a.seek(record)
    assert not bench.start(a.get()).done()


def test_partitions_are_read_in_turn(make_bench):
    bench = make_bench(Topic("orders", 2))
    bench.send(*(f"k{n}" for n in range(20)))
    _, a = bench.consumer("a")
    assert [bench.run(a.get()).partition for _ in range(4)] == [0, 1, 0, 1]


def test_a_commit_is_one_message_named_by_topic(bench):
    bench.send("k")
    link, a = bench.consumer("a")
    bench.run(a.commit(bench.run(a.get())))
    assert link.crossed[-1] == "OFFSET_COMMIT orders"


def test_a_commit_whose_answer_is_lost_has_happened(bench):
    bench.send("k")
    link, a = bench.consumer("a")
    record = bench.run(a.get())
    link.script.append("lost reply")
    with pytest.raises(ConnectionLost):
        bench.run(a.commit(record))
    assert bench.broker.committed("g", "orders") == 1


def test_close_wakes_a_waiting_get(bench):
    _, a = bench.consumer("a")
    got = bench.start(a.get())
    bench.run(a.close())
    bench.settle()
    with pytest.raises(ConsumerClosed):
        got.result()
    with pytest.raises(ConsumerClosed):
        bench.run(a.get())
    bench.run(a.close())


@pytest.mark.parametrize("fate", ["held request", "held reply"])
def test_a_close_during_the_join_leaves_no_member_behind(bench, fate):
    link, a = bench.consumer("a")
    link.script.append(fate)
    got = bench.start(a.get())
    bench.run(a.close())
    bench.release(bench.held)
    assert isinstance(got.exception(), ConsumerClosed)
    assert bench.broker.assignment("g") == {}


def test_a_join_that_arrives_after_the_close_and_is_not_answered_ends_with_its_session(bench):
    link, a = bench.consumer("a")
    link.script.append("held request, lost reply")
    bench.start(a.get())
    bench.run(a.close())
    bench.release(bench.held)
    assert list(bench.broker.assignment("g")) == ["a-1"]
    bench.time_out()
    assert bench.broker.assignment("g") == {}


def test_a_cancelled_get_loses_nothing(bench):
    _, a = bench.consumer("a")
    waiting = bench.start(a.get())
    waiting.cancel()
    bench.settle()
    bench.send("k")
    assert bench.run(a.get()).key == "k"


def test_two_callers_of_get_never_share_a_record(bench):
    _, a = bench.consumer("a")
    first, second = bench.start(a.get()), bench.start(a.get())
    bench.send("k1", "k2")
    bench.settle()
    assert [first.result().key, second.result().key] == ["k1", "k2"]


def test_a_dead_incarnation_is_inert(bench):
    bench.send("k1", "k2")
    link, port = bench.port("a")
    a = port.consumer("g", ["orders"])
    record = bench.run(a.get())
    link.alive = False
    before = list(bench.effects)
    port.send_later("orders", "k3", 1)
    a.seek(record)
    bench.run(a.close())

    async def read():
        try:
            await a.get()
        except GeneratorExit:
            return "ended"

    assert bench.run(read()) == "ended"
    bench.send("k4")
    assert list(bench.broker.assignment("g")) == ["a-1"]
    assert len(bench.effects) == len(before) + 1


def test_a_dead_members_wait_is_never_ended(bench):
    link, a = bench.consumer("a")
    waiting = bench.start(a.get())
    bench.crash(link)
    bench.send("k")
    bench.time_out()
    assert not waiting.done()


def test_a_get_in_wait_for_may_time_out_and_be_called_again(bench):
    _, a = bench.consumer("a")

    async def patient():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(a.get(), 0)

    bench.run(patient())
    bench.send("k")
    assert bench.run(a.get()).key == "k"
