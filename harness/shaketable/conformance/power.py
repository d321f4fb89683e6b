"""Clauses on power: crashes of services and servers, orderly restarts, pauses, and what comes back when."""

from __future__ import annotations

from shaketable.conformance.moments import RETURNED, back
from shaketable.conformance.played_run import LONG_MS
from shaketable.conformance.world_under_test import WorldUnderTest, buy
from shaketable.fault import CacheLoss, Crash, Pause, Restart
from shaketable.schedule import Do, Heal, Wait

DOWN_MS = 3_000
NOTE, NOTED = Do("note", {"sale": "s1"}), Do("noted", {"sale": "s1"})


def a_crashed_service_refuses_until_it_is_back(world: WorldUnderTest) -> None:
    run = world.play(Crash(service="shop", down_ms=DOWN_MS), buy("s1"), back(), buy("s2"))
    run.landed("crash")
    run.outcome("fail", "Refused", n=0)
    run.answered(0, n=0)
    run.outcome("ok", n=1)
    crash, restart = run.the("crash", process="shop"), run.the("restart", process="shop")
    run.returned("shop", restart.time_ms - crash.time_ms, DOWN_MS)


def a_power_cut_runs_no_clean_up(world: WorldUnderTest) -> None:
    run = world.play(Crash(service="shop", down_ms=500), back())
    run.landed("crash")
    run.equal("goodbyes", len(run.events("effect", "bye")), 0)
    run.equal("what the crash says", run.the("crash").value, None)


def a_restart_is_orderly(world: WorldUnderTest) -> None:
    """Check that `stop` runs to its end with everything it needs; then the process is gone for `down_ms`."""
    run = world.play(Restart(service="shop", down_ms=DOWN_MS), back(), buy())
    run.landed("restart")
    bye, crash = run.the("effect", "bye"), run.the("crash", process="shop")
    run.equal("the goodbye comes before the end", bye.index < crash.index, True)
    run.equal("what the end says", crash.value, {"orderly": True})
    restart = run.the("restart", process="shop")
    run.returned("shop", restart.time_ms - crash.time_ms, DOWN_MS)
    run.outcome("ok")


def a_crashed_database_refuses_and_keeps_what_was_committed(world: WorldUnderTest) -> None:
    run = world.play(
        buy("s1"),
        RETURNED,
        Crash(service="postgres", down_ms=DOWN_MS),
        buy("s2"),
        back(),
        buy("s1"),
        buy("s3"),
    )
    run.landed("crash")
    crash, restart = run.the("crash"), run.the("restart")
    run.returned("postgres", restart.time_ms - crash.time_ms, DOWN_MS)
    run.outcome("ok", n=0)
    run.outcome("info", "Refused", n=1)
    run.outcome("info", "UniqueViolation", n=2)
    run.outcome("ok", n=3)
    run.equal("sales", run.sold, ["s1", "s3"])


def a_crashed_broker_refuses_and_keeps_what_was_acknowledged(world: WorldUnderTest) -> None:
    run = world.play(
        buy("s1"),
        RETURNED,
        Crash(service="kafka", down_ms=DOWN_MS),
        buy("s2"),
        back(),
        buy("s3"),
    )
    run.landed("crash")
    run.outcome("info", "Refused", n=1)
    run.outcome("ok", n=2)
    run.equal("records", run.appended, [("s1", 0), ("s3", 1)])
    run.equal("what the reader wrote", run.seen, ["s1", "s3"])


def a_crashed_cache_forgets(world: WorldUnderTest) -> None:
    run = world.play(
        NOTE,
        RETURNED,
        Crash(service="redis", down_ms=DOWN_MS),
        NOTED,
        back(),
        NOTED,
    )
    run.landed("crash")
    gone = ("Refused", "ConnectionLost")  # a connection that was kept may be found dead only when it is used
    sees = run.op(1).result
    run.outcome("info", sees if sees in gone else " or ".join(gone), n=1)
    run.outcome("ok", {"note": None}, n=2)


def a_lost_cache_forgets_and_stays_up(world: WorldUnderTest) -> None:
    run = world.play(NOTE, RETURNED, NOTED, RETURNED, CacheLoss(service="redis"), NOTED)
    run.landed("cache_loss")
    run.outcome("ok", {"note": "kept"}, n=1)
    run.outcome("ok", {"note": None}, n=2)


def only_a_cache_can_be_lost(world: WorldUnderTest) -> None:
    run = world.play(NOTE, RETURNED, CacheLoss(service="postgres"), NOTED)
    run.never_landed()
    run.outcome("ok", {"note": "kept"}, n=1)


def a_third_party_that_crashed_refuses_and_comes_back(world: WorldUnderTest) -> None:
    run = world.play(Crash(service="bank", down_ms=DOWN_MS), buy("s1"), back(), buy("s2"))
    run.landed("crash")
    run.outcome("info", "Refused", n=0)
    run.outcome("ok", n=1)
    run.equal("payments", run.paid, ["s2"])


def a_paused_service_answers_late(world: WorldUnderTest) -> None:
    run = world.play(Pause(service="shop", for_ms=DOWN_MS), buy(), RETURNED)
    run.landed("pause")
    run.outcome("ok")
    run.answered(DOWN_MS)
    pause = run.the("fault", "pause")
    run.due("the end of the pause", run.the("heal", "pause").time_ms - pause.time_ms, DOWN_MS)


def a_heal_ends_a_pause_at_that_instant(world: WorldUnderTest) -> None:
    run = world.play(Pause(service="shop", for_ms=LONG_MS), Wait(1_000), Heal(), buy(), RETURNED)
    pause = run.landed("pause")
    run.due("the end of the pause", run.the("heal", "pause").time_ms - pause.time_ms, 1_000)
    run.outcome("ok")
    run.answered(0)


def a_heal_brings_back_at_that_instant_what_is_down(world: WorldUnderTest) -> None:
    victims = ("shop", "postgres", "bank")
    run = world.play(*(Crash(service=v, down_ms=LONG_MS) for v in victims), Wait(1_000), Heal(), buy())
    run.landed("crash", times=3)
    run.equal("the parties that lost power", [e.process for e in run.events("crash")], list(victims))
    last_ms = max(crash.time_ms for crash in run.events("crash"))
    for victim in victims:
        run.returned(victim, run.the("restart", process=victim).time_ms - last_ms, 1_000)
    run.outcome("ok")


def a_party_that_is_down_cannot_crash_again(world: WorldUnderTest) -> None:
    run = world.play(Crash(service="shop", down_ms=DOWN_MS), Crash(service="shop", down_ms=500), back())
    receipts = run.events("receipt", "crash")
    run.equal("receipts of the second crash", [r.ref for r in receipts], [run.events("fault")[0].index])
    crash, restart = run.the("crash"), run.the("restart")
    run.returned("shop", restart.time_ms - crash.time_ms, DOWN_MS)
