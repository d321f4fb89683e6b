"""Each fault of docs/faults.md on each leg: what happened, what the sender saw, what the receipt says."""

from __future__ import annotations

import pytest

from shaketable.errors import ForbiddenCall, UsageError
from shaketable.fault import (
    CacheLoss,
    ClockStep,
    Crash,
    CrashReceiver,
    CrashSender,
    Cut,
    Drop,
    Duplicate,
    Hold,
    KeyEviction,
    Latency,
    Partition,
    Pause,
    Restart,
)
from shaketable.runner import Run
from shaketable.schedule import Do, Heal, Inject, Wait
from shaketable.sim.world import SimWorld
from tests.unit.sim_world import shop
from tests.unit.sim_world.shop import named, outcome, play

BUY = Do("buy", "s1")
PAY = "shop>bank POST /pay #1"
COMMIT = "shop>postgres COMMIT sales #1"
PRODUCE = "shop>kafka PRODUCE sales/s1 #1"
FETCH = "reader>kafka FETCH sales/s1 #1"


def sold(run) -> int:
    return sum(e.value["db"] == "shop" for e in named(run, "effect", "commit"))


def test_a_calm_run_leaves_no_receipt_and_becomes_quiet():
    run = play(BUY)
    assert outcome(run)[0] == "ok"
    assert named(run, "receipt") == []
    assert named(run, "phase", "quiet")[0].value == {"quiet": True}


def test_a_dropped_request_has_no_effect_and_the_sender_times_out():
    run = play(Drop(at=PAY, leg="request"), BUY, Wait(5_000))
    assert named(run, "effect", "pay") == []
    assert outcome(run) == ("info", {"error": "Timeout: shop>bank POST /pay: no answer in 500 ms"})
    assert len(named(run, "receipt", "drop")) == 1


def test_a_dropped_reply_comes_after_the_effect():
    run = play(Drop(at=PAY, leg="reply"), BUY, Wait(5_000))
    assert len(named(run, "effect", "pay")) == 1
    assert outcome(run)[1] == {"error": "Timeout: shop>bank POST /pay: no answer in 500 ms"}


@pytest.mark.parametrize(("leg", "paid"), [("request", 0), ("reply", 1)])
def test_a_cut_is_seen_at_once(leg, paid):
    run = play(Cut(at=PAY, leg=leg), BUY, Wait(400))
    assert len(named(run, "effect", "pay")) == paid
    assert "ConnectionLost" in outcome(run)[1]["error"]


@pytest.mark.parametrize(("leg", "committed"), [("request", 0), ("reply", 1)])
def test_a_cut_commit_is_rolled_back_before_and_stays_after(leg, committed):
    assert sold(play(Cut(at=COMMIT, leg=leg), BUY, Wait(100))) == committed


def test_a_held_request_arrives_late_even_when_its_sender_gave_up():
    run = play(Hold(at=PAY, leg="request", for_ms=2_000), BUY, Wait(5_000))
    (paid,) = named(run, "effect", "pay")
    assert paid.time_ms == 2_000
    assert "Timeout" in outcome(run)[1]["error"]
    assert named(run, "receipt", "hold")[0].value["held_ms"] == 2_000


@pytest.mark.parametrize("for_ms", [7_000, 7_900, 8_400])
def test_what_is_held_into_the_last_silence_is_given_time_to_be_taken_up(for_ms):
    run = play(Hold(at=PAY, leg="request", for_ms=for_ms), BUY)
    (paid,) = named(run, "effect", "pay")
    quiet = named(run, "phase", "quiet")[0]
    assert quiet.value == {"quiet": True}
    assert quiet.time_ms - paid.time_ms >= 1_000


def test_a_held_commit_takes_effect_when_it_arrives_though_its_client_gave_up():
    run = play(Hold(at=COMMIT, leg="request", for_ms=7_000), BUY, Wait(9_000))
    (commit,) = (e for e in named(run, "effect", "commit") if e.value["db"] == "shop")
    assert commit.time_ms - named(run, "receipt", "hold")[0].time_ms == 7_000
    assert outcome(run) == ("info", "Timeout")
    assert named(run, "effect", "append") == []


def test_a_dropped_commit_never_takes_effect():
    run = play(Drop(at=COMMIT, leg="request"), BUY, Wait(9_000))
    assert len(named(run, "receipt", "drop")) == 1
    assert sold(run) == 0


def test_a_held_commit_outlives_its_client():
    hold = Hold(at=COMMIT, leg="request", for_ms=800)
    run = play(hold, BUY, Wait(100), Crash(service="shop", down_ms=100), Wait(2_000))
    (crash,) = named(run, "crash")
    (commit,) = (e for e in named(run, "effect", "commit") if e.value["db"] == "shop")
    assert crash.time_ms < commit.time_ms


def test_a_held_commit_dies_with_its_server():
    hold = Hold(at=COMMIT, leg="request", for_ms=800)
    run = play(hold, BUY, Wait(100), Crash(service="postgres", down_ms=100), Wait(2_000))
    assert len(named(run, "receipt", "hold")) == 1
    assert sold(run) == 0


def test_a_held_commit_keeps_its_rows_locked_until_it_arrives():
    hold = Hold(at=COMMIT, leg="request", for_ms=1_000)
    run = play(hold, BUY, Wait(10), BUY, Wait(3_000))
    first, second = run.history.ops()
    assert first.outcome == "ok"
    assert "UniqueViolation" in second.result["error"]
    assert second.completed.time_ms >= 1_000


def test_a_held_insert_never_takes_effect_once_its_client_gave_up():
    hold = Hold(at="shop>postgres INSERT sales #1", leg="request", for_ms=7_000)
    run = play(hold, BUY, Wait(9_000))
    assert len(named(run, "receipt", "hold")) == 1
    assert sold(run) == 0


def test_a_held_message_is_overtaken():
    run = play(Hold(at=PAY, leg="request", for_ms=100), BUY, Do("buy", "s2"), Wait(1_000))
    assert [e.value["sale"] for e in named(run, "effect", "pay")] == ["s2", "s1"]


def test_a_duplicated_request_acts_twice_and_is_answered_once():
    run = play(Duplicate(at=PAY, leg="request"), BUY)
    assert len(named(run, "effect", "pay")) == 2
    assert outcome(run)[0] == "ok"


def test_a_duplicated_produce_appends_two_copies():
    run = play(Duplicate(at=PRODUCE, leg="request"), BUY)
    assert [e.value["offset"] for e in named(run, "effect", "append")] == [0, 1]


def test_an_answer_cannot_be_duplicated_so_nothing_lands():
    assert named(play(Duplicate(at=FETCH, leg="reply"), BUY), "receipt") == []
    assert named(play(Duplicate(at=PAY, leg="reply"), BUY), "receipt") == []


def test_a_statement_cannot_be_duplicated_so_nothing_lands():
    run = play(Duplicate(at="shop>postgres INSERT sales #1", leg="request"), BUY)
    assert named(run, "receipt") == []
    assert sold(run) == 1


def test_a_lost_delivery_is_fetched_again():
    run = play(Drop(at=FETCH, leg="reply"), BUY, Wait(20_000))
    assert len(named(run, "receipt", "drop")) == 1
    assert any(e.value["db"] == "reader" for e in named(run, "effect", "commit"))


@pytest.mark.parametrize(("leg", "committed"), [("request", 0), ("reply", 1)])
def test_a_sender_that_crashes_at_commit_loses_or_keeps_it_by_the_leg(leg, committed):
    run = play(CrashSender(at=COMMIT, leg=leg, down_ms=300), BUY, Wait(1_000))
    assert sold(run) == committed
    assert named(run, "effect", "append") == []
    assert outcome(run) == ("info", "ConnectionLost")
    (crash,), (restart,) = named(run, "crash"), named(run, "restart")
    assert (crash.process, restart.process, restart.time_ms - crash.time_ms) == ("shop", "shop", 300)


@pytest.mark.parametrize(("leg", "paid"), [("request", 0), ("reply", 1)])
def test_a_receiver_that_crashes_resets_its_callers(leg, paid):
    run = play(CrashReceiver(at=PAY, leg=leg, down_ms=300), BUY, Wait(100))
    assert len(named(run, "effect", "pay")) == paid
    assert "ConnectionLost" in outcome(run)[1]["error"]


def test_a_crashed_database_refuses_until_it_is_back():
    run = play(Crash(service="postgres", down_ms=300), BUY, Wait(1_000), Do("buy", "s2"), Wait(100))
    first, second = run.history.ops()
    assert "Refused" in first.result["error"]
    assert second.outcome == "ok"


def test_a_crashed_service_refuses_and_comes_back():
    run = play(Crash(service="shop", down_ms=300), BUY, Wait(1_000), Do("buy", "s2"), Wait(100))
    first, second = run.history.ops()
    assert (first.outcome, first.result) == ("fail", "refused")
    assert second.outcome == "ok"


def test_a_crashed_consumer_gets_the_uncommitted_record_again():
    offsets = "reader>kafka OFFSET_COMMIT sales #1"
    run = play(CrashSender(at=offsets, leg="request", down_ms=10), BUY, Wait(3_000))
    assert [e.value["offset"] for e in named(run, "effect", "deliver")] == [0, 0]


def test_an_orderly_restart_runs_stop_and_is_no_power_cut():
    run = play(Restart(service="reader", down_ms=50), Wait(10), BUY, Wait(2_000))
    (crash,) = named(run, "crash")
    assert crash.value == {"orderly": True}
    assert any(e.value["db"] == "reader" for e in named(run, "effect", "commit"))


def test_a_paused_service_answers_late():
    run = play(Pause(service="shop", for_ms=700), BUY, Wait(2_000))
    (op,) = run.history.ops()
    assert op.outcome == "ok"
    assert op.completed is not None
    assert op.completed.time_ms >= 700


def test_a_partition_loses_messages_and_closes_nothing_until_it_heals():
    run = play(Partition(sender="shop", receiver="bank", for_ms=300), BUY, Wait(1_000))
    assert named(run, "effect", "pay") == []
    (op,) = run.history.ops()
    assert "ConnectionLost" in op.result["error"]
    assert op.completed is not None
    assert op.completed.time_ms == 301
    assert len(named(run, "receipt", "partition")) == 1


def test_a_partition_longer_than_the_timeout_times_out():
    run = play(Partition(sender="shop", receiver="bank", for_ms=3_000), BUY, Wait(5_000))
    assert "Timeout" in outcome(run)[1]["error"]


def test_a_heal_ends_a_partition_at_that_instant():
    run = play(Partition(sender="shop", receiver="bank", for_ms=9_000), Wait(50), Heal(), BUY, Wait(10))
    assert outcome(run)[0] == "ok"
    assert named(run, "heal", "partition")[0].time_ms == 50


def test_a_heal_disarms_what_has_not_happened():
    run = play(Drop(at=PAY, leg="request"), Heal(), BUY)
    assert outcome(run)[0] == "ok"
    assert named(run, "receipt") == []


def test_latency_delays_both_legs_and_leaves_one_receipt():
    run = play(Latency(sender="shop", receiver="bank", delay_ms=50, for_ms=1_000), BUY, Wait(500))
    assert named(run, "effect", "pay")[0].time_ms == 50
    assert outcome(run) == ("ok", {"at_ms": 104})
    assert len(named(run, "receipt", "latency")) == 1


def test_a_clock_step_moves_the_wall_clock_of_one_service_only():
    run = Run(SimWorld(), shop.SUBJECT)
    run.step(Inject(ClockStep(service="shop", delta_ms=-5_000)))
    processes = run._session._processes
    assert processes["shop"].clock_offset_ms == -5_000
    assert processes["reader"].clock_offset_ms == 0
    run.finish()
    assert len(named(run, "receipt", "clock_step")) == 1


def test_a_fault_at_an_unknown_party_is_a_usage_error_that_lists_the_parties():
    with pytest.raises(UsageError, match="shop, reader"):
        play(Crash(service="nobody"))


def test_only_the_cache_can_be_lost():
    assert len(named(play(CacheLoss(service="redis")), "receipt")) == 1
    assert named(play(CacheLoss(service="postgres")), "receipt") == []


def test_an_eviction_takes_its_share_of_the_keys_that_are_there_and_names_them():
    run = Run(SimWorld(), shop.SUBJECT)
    cache = run._session._servers._cache
    for n in range(9):
        cache.set(f"k{n}", "v")
    cache.set("gone", "v", ttl_ms=10)
    run.step(Wait(20))
    shares = [KeyEviction(service="redis", shares=3, share=share) for share in range(3)]
    for evicts in shares[:2]:
        run.step(Inject(evicts))
    left = [f"k{n}" for n in range(9) if cache.get(f"k{n}") is not None]
    run.finish()
    told = [receipt.value["keys"] for receipt in named(run, "receipt", "key_eviction")]
    assert [all(map(evicts.takes, keys)) for evicts, keys in zip(shares, told, strict=False)] == [True, True]
    assert sorted([*told[0], *told[1], *left]) == [f"k{n}" for n in range(9)]
    assert left == [key for key in left if shares[2].takes(key)] != []


@pytest.mark.parametrize("figures", [{"shares": 0}, {"share": -1}])
def test_a_share_of_nothing_is_refused(figures):
    with pytest.raises(ValueError, match="shares must be 1 or more"):
        KeyEviction(service="redis", **figures)


def test_a_power_cut_of_the_cache_forgets_everything():
    run = Run(SimWorld(), shop.SUBJECT)
    cache = run._session._servers._cache
    cache.set("k", "v")
    run.step(Inject(Crash(service="redis", down_ms=100)))
    run.step(Wait(200))
    assert cache.get("k") is None
    run.finish()


def test_a_message_fault_for_a_message_that_passed_already_never_lands():
    run = play(BUY, Wait(100), Drop(at=PAY, leg="request"), Wait(100))
    assert named(run, "receipt") == []


def test_a_service_that_reads_the_wall_clock_is_told_which_call(monkeypatch):
    import time

    async def handle(self, request):
        time.time()

    monkeypatch.setattr(shop.Shop, "handle", handle)
    with pytest.raises(ForbiddenCall, match=r"time\.time.*clock port"):
        play(BUY)
