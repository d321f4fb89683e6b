import pytest

from shaketable.ports import CommitRejected


def test_a_calm_run_starts_no_timer(bench):
    bench.send("k")
    _, a = bench.consumer("a")
    bench.run(a.commit(bench.run(a.get())))
    bench.run(a.close())
    assert bench.timers == []


def test_the_uncommitted_records_of_a_crashed_member_are_redelivered_after_its_session(bench):
    bench.send("k1", "k2", "k3")
    link, a = bench.consumer("a")
    bench.run(a.commit(bench.run(a.get())))
    bench.run(a.get())
    bench.crash(link)
    _, b = bench.consumer("b")
    got = bench.start(b.get())
    assert not got.done()  # the dead member still has its partition
    bench.time_out()
    assert got.result().key == "k2"


def test_a_restarted_process_is_a_new_member_beside_the_lingering_old_one(bench):
    bench.send("k")
    link, a = bench.consumer("a")
    bench.run(a.get())
    bench.crash(link)
    _, again = bench.consumer("a")
    got = bench.start(again.get())
    bench.broker.sessions.back("a")
    assert bench.broker.assignment("g") == {"a-1": [("orders", 0)], "a-2": []}
    bench.time_out()
    assert bench.broker.assignment("g") == {"a-2": [("orders", 0)]}
    assert got.result().key == "k"


def test_a_member_that_comes_back_in_time_keeps_its_place(bench):
    bench.send("k1", "k2")
    _, a = bench.consumer("a")
    record = bench.run(a.get())
    bench.fall_silent("a")
    bench.come_back("a")
    bench.time_out()
    bench.run(a.commit(record))
    assert bench.run(a.get()).key == "k2"
    assert bench.broker.generation("g") == 1


def test_a_member_that_can_be_heard_when_its_session_would_end_keeps_its_place(bench):
    _, a = bench.consumer("a")
    bench.start(a.get())
    bench.fall_silent("a")
    bench.silent.clear()
    bench.time_out()
    assert bench.broker.assignment("g") == {"a-1": [("orders", 0)]}


def test_an_earlier_silence_does_not_shorten_a_later_one(bench):
    _, a = bench.consumer("a")
    bench.start(a.get())
    bench.fall_silent("a")
    bench.come_back("a")
    bench.fall_silent("a")
    (_, first), (_, second) = bench.timers
    first()
    assert bench.broker.assignment("g") != {}
    second()
    assert bench.broker.assignment("g") == {}


def test_overlapping_silences_are_timed_from_the_first(bench):
    _, a = bench.consumer("a")
    bench.start(a.get())
    bench.fall_silent("a")
    bench.broker.sessions.silent("a")
    bench.broker.sessions.back("a")  # one of two causes ended; it still cannot be heard
    assert len(bench.timers) == 1
    bench.time_out()
    assert bench.broker.assignment("g") == {}


def test_the_commit_of_a_zombie_is_refused_and_its_next_get_rejoins(bench):
    bench.send("k1", "k2")
    link, a = bench.consumer("a")
    record = bench.run(a.get())
    bench.fall_silent("a")
    bench.time_out()
    _, b = bench.consumer("b")
    taken = bench.run(b.get())
    assert taken.offset == record.offset
    bench.come_back("a")
    with pytest.raises(CommitRejected):
        bench.run(a.commit(record))
    bench.run(b.commit(taken))
    bench.start(a.get())
    assert list(bench.broker.assignment("g")) == ["a-3", "b-2"]
    assert link.crossed == [
        "(JOIN g)",
        "FETCH orders/k1",
        "OFFSET_COMMIT orders",
        "(JOIN g)",
        "FETCH orders/k2",
    ]


def test_a_member_that_is_put_out_though_it_is_heard_loses_its_partitions_at_once(bench):
    bench.send("k1", "k2")
    _, a = bench.consumer("a")
    record = bench.run(a.get())
    assert bench.broker.put_out("a") == ["g"]
    assert bench.broker.put_out("a") == []
    _, b = bench.consumer("b")
    assert bench.run(b.get()).offset == record.offset
    with pytest.raises(CommitRejected):
        bench.run(a.commit(record))
    bench.start(a.get())
    assert list(bench.broker.assignment("g")) == ["a-3", "b-2"]


def test_who_is_in_no_group_is_put_out_of_none(bench):
    assert bench.broker.put_out("a") == []


def test_a_member_that_waits_while_it_is_evicted_rejoins_when_it_is_back(bench):
    _, a = bench.consumer("a")
    waiting = bench.start(a.get())
    bench.fall_silent("a")
    bench.time_out()
    assert bench.broker.assignment("g") == {}
    bench.send("k")
    bench.come_back("a")
    assert waiting.result().key == "k"


def test_a_record_in_flight_to_an_evicted_member_is_not_delivered(bench):
    bench.send("k")
    link, a = bench.consumer("a")
    link.script.extend(["calm", "held reply"])
    got = bench.start(a.get())
    bench.fall_silent("a")
    bench.time_out()
    bench.come_back("a")
    bench.release(bench.held)
    assert len(bench.seen("deliver")) == 1
    assert link.crossed == ["(JOIN g)", "FETCH orders/k", "(JOIN g)", "FETCH orders/k"]
    assert got.result().key == "k"


def test_a_rebalance_that_a_silent_member_missed_reaches_it_at_its_next_get(bench):
    bench.send("k1", "k2")
    _, a = bench.consumer("a")
    record = bench.run(a.get())
    bench.fall_silent("a")
    _, b = bench.consumer("b")
    bench.start(b.get())
    bench.come_back("a")
    with pytest.raises(CommitRejected):
        bench.run(a.commit(record))
    assert bench.run(a.get()).key == "k1"


def test_a_member_whose_join_arrives_when_it_is_already_dead_is_timed(bench):
    link, _ = bench.port("a")
    link.alive = False
    bench.broker.join("g", "a", ("orders",), link)
    bench.time_out()
    assert bench.broker.assignment("g") == {}


def test_a_crash_of_the_broker_keeps_records_offsets_and_members(bench):
    bench.send("k1", "k2")
    _, a = bench.consumer("a")
    bench.run(a.commit(bench.run(a.get())))
    bench.broker.sessions.suspend()
    bench.broker.sessions.resume()
    assert bench.run(a.get()).key == "k2"
    assert bench.broker.committed("g", "orders") == 1
    assert bench.timers == []


def test_sessions_run_anew_when_the_broker_is_back(bench):
    link, a = bench.consumer("a")
    bench.start(a.get())
    bench.crash(link)
    bench.broker.sessions.suspend()
    bench.broker.sessions.silent("a")  # the broker is down
    bench.time_out()
    assert bench.broker.assignment("g") != {}
    bench.broker.sessions.resume()
    assert len(bench.timers) == 1
    bench.time_out()
    assert bench.broker.assignment("g") == {}


def test_a_lost_goodbye_leaves_the_member_until_its_session_times_out(bench):
    link, a = bench.consumer("a")
    waiting = bench.start(a.get())
    link.script.append("lost request")
    bench.run(a.close())
    assert waiting.exception() is not None
    assert list(bench.broker.assignment("g")) == ["a-1"]
    bench.time_out()
    assert bench.broker.assignment("g") == {}
