import pytest

from shaketable.ports import CommitRejected
from shaketable.subject import Topic


def test_two_members_share_the_partitions_and_each_record_goes_to_one(make_bench):
    bench = make_bench(Topic("orders", 3))
    _, a = bench.consumer("a")
    _, b = bench.consumer("b")
    waiting = [bench.start(a.get()), bench.start(b.get())]
    assert bench.broker.assignment("g") == {
        "a-1": [("orders", 0), ("orders", 1)],
        "b-2": [("orders", 2)],
    }
    bench.send(*(f"k{n}" for n in range(12)))
    bench.settle()
    assert all(task.done() for task in waiting)
    for consumer in (a, b):
        while bench.start(consumer.get()).done():
            pass
    delivered = [(v["partition"], v["offset"]) for _, v in bench.seen("deliver")]
    assert sorted(delivered) == [(r.partition, r.offset) for r in bench.broker.records("orders")]
    assert {v["partition"] for p, v in bench.seen("deliver") if p == "b"} == {2}


def test_members_with_different_topics_get_only_their_own(make_bench):
    bench = make_bench(Topic("orders", 2), Topic("payments"))
    life, _ = bench.port("a")
    a = bench.broker.join("g", "a", ("orders", "payments"), life)
    bench.broker.join("g", "b", ("orders",), life)
    assert bench.broker.assignment("g") == {
        "a-1": [("orders", 0), ("payments", 0)],
        "b-2": [("orders", 1)],
    }
    bench.broker.leave(a)
    assert bench.broker.assignment("g") == {"b-2": [("orders", 0), ("orders", 1)]}


def test_a_member_beyond_the_number_of_partitions_waits_without_a_share(bench):
    _, a = bench.consumer("a")
    _, b = bench.consumer("b")
    bench.start(a.get())
    idle = bench.start(b.get())
    bench.send("k")
    bench.settle()
    assert [p for p, _ in bench.seen("deliver")] == ["a"]
    assert not idle.done()
    bench.run(a.close())
    bench.settle()
    assert idle.result().offset == 0  # a had not committed it


def test_groups_do_not_disturb_each_other(bench):
    bench.send("k")
    for group in ("mail", "stock"):
        _, consumer = bench.consumer("a", group=group)
        record = bench.run(consumer.get())
        bench.run(consumer.commit(record))
        assert bench.broker.committed(group, "orders") == 1
    assert [v["group"] for _, v in bench.seen("deliver")] == ["mail", "stock"]


def test_a_group_without_a_committed_offset_starts_at_the_earliest_record(bench):
    bench.send("old", "older")
    _, a = bench.consumer("a")
    assert bench.run(a.get()).key == "old"


def test_nothing_is_committed_unless_the_service_does(bench):
    bench.send("k1", "k2")
    _, a = bench.consumer("a")
    bench.run(a.get())
    bench.run(a.get())
    assert bench.broker.committed("g", "orders") is None


def test_an_accepted_commit_is_written_down_as_the_next_offset_to_read(bench):
    bench.send("k1", "k2")
    _, a = bench.consumer("a")
    bench.run(a.get())
    bench.run(a.commit(bench.run(a.get())))
    assert bench.seen("offsets") == [("a", {"group": "g", "topic": "orders", "partition": 0, "offset": 2})]


def test_an_orderly_close_gives_the_partitions_away_at_once_from_the_committed_offset(bench):
    bench.send("k1", "k2", "k3")
    _, a = bench.consumer("a")
    bench.run(a.commit(bench.run(a.get())))
    bench.run(a.get())
    bench.run(a.close())
    _, b = bench.consumer("b")
    assert [bench.run(b.get()).key for _ in range(2)] == ["k2", "k3"]
    assert bench.timers == []


def test_a_newcomer_makes_the_others_read_again_what_they_had_not_committed(bench):
    bench.send("k1", "k2")
    _, a = bench.consumer("a")
    bench.run(a.get())
    _, b = bench.consumer("b")
    bench.start(b.get())
    assert [bench.run(a.get()).key for _ in range(2)] == ["k1", "k2"]


def test_a_commit_of_a_lost_partition_is_refused(make_bench):
    bench = make_bench(Topic("orders", 2))
    _, a = bench.consumer("a")
    records = {}
    bench.send("k1", "k2", "k3", "k4")
    for _ in range(4):
        record = bench.run(a.get())
        records[record.partition] = record
    _, b = bench.consumer("b")
    bench.start(b.get())
    bench.run(a.commit(records[0]))  # kept
    with pytest.raises(CommitRejected, match="orders/1 is not a-1's in generation 2 of g"):
        bench.run(a.commit(records[1]))
    assert bench.broker.committed("g", "orders", 1) is None


def test_a_commit_that_a_rebalance_overtakes_is_refused(bench):
    bench.send("k")
    link, _ = bench.port("a")
    a = bench.broker.join("g", "a", ("orders",), link)
    record = bench.broker.records("orders")[0]
    sent_in = a.generation
    bench.broker.join("g", "b", ("orders",), link)
    with pytest.raises(CommitRejected):
        bench.broker.commit(a, sent_in, record)


def test_a_consumer_that_never_read_has_nothing_to_commit(bench):
    bench.send("k")
    _, a = bench.consumer("a")
    with pytest.raises(CommitRejected, match="has not joined"):
        bench.run(a.commit(bench.broker.records("orders")[0]))
