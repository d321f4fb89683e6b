"""Clauses on power: crashes of services and servers, orderly restarts, pauses, and what comes back when."""

from __future__ import annotations

from shaketable.conformance.moments import RETURNED, back
from shaketable.conformance.world_under_test import LONG_MS, Stage, buy
from shaketable.fault import CacheLoss, Crash, Pause, Restart
from shaketable.schedule import Do, Heal, Wait

DOWN_MS = 3_000
NOTE, NOTED = Do("note", {"sale": "s1"}), Do("noted", {"sale": "s1"})


def a_crashed_service_refuses_until_it_is_back(stage: Stage) -> None:
    story = stage.play(Crash(service="shop", down_ms=DOWN_MS), buy("s1"), back(), buy("s2"))
    story.landed("crash")
    story.outcome("fail", "Refused", n=0)
    story.answered(0, n=0)
    story.outcome("ok", n=1)
    crash, restart = story.the("crash", process="shop"), story.the("restart", process="shop")
    story.returned("shop", restart.time_ms - crash.time_ms, DOWN_MS)


def a_power_cut_runs_no_clean_up(stage: Stage) -> None:
    story = stage.play(Crash(service="shop", down_ms=500), back())
    story.landed("crash")
    story.equal("goodbyes", len(story.events("effect", "bye")), 0)
    story.equal("what the crash says", story.the("crash").value, None)


def a_restart_is_orderly(stage: Stage) -> None:
    """`stop` runs to its end with everything it needs; then the process is gone for `down_ms`."""
    story = stage.play(Restart(service="shop", down_ms=DOWN_MS), back(), buy())
    story.landed("restart")
    bye, crash = story.the("effect", "bye"), story.the("crash", process="shop")
    story.equal("the goodbye comes before the end", bye.index < crash.index, True)
    story.equal("what the end says", crash.value, {"orderly": True})
    restart = story.the("restart", process="shop")
    story.returned("shop", restart.time_ms - crash.time_ms, DOWN_MS)
    story.outcome("ok")


def a_crashed_database_refuses_and_keeps_what_was_committed(stage: Stage) -> None:
    story = stage.play(
        buy("s1"),
        RETURNED,
        Crash(service="postgres", down_ms=DOWN_MS),
        buy("s2"),
        back(),
        buy("s1"),
        buy("s3"),
    )
    story.landed("crash")
    crash, restart = story.the("crash"), story.the("restart")
    story.returned("postgres", restart.time_ms - crash.time_ms, DOWN_MS)
    story.outcome("ok", n=0)
    story.outcome("info", "Refused", n=1)
    story.outcome("info", "UniqueViolation", n=2)
    story.outcome("ok", n=3)
    story.equal("sales", story.sold, ["s1", "s3"])


def a_crashed_broker_refuses_and_keeps_what_was_acknowledged(stage: Stage) -> None:
    story = stage.play(
        buy("s1"),
        RETURNED,
        Crash(service="kafka", down_ms=DOWN_MS),
        buy("s2"),
        back(),
        buy("s3"),
    )
    story.landed("crash")
    story.outcome("info", "Refused", n=1)
    story.outcome("ok", n=2)
    story.equal("records", story.appended, [("s1", 0), ("s3", 1)])
    story.equal("what the reader wrote", story.seen, ["s1", "s3"])


def a_crashed_cache_forgets(stage: Stage) -> None:
    story = stage.play(
        NOTE,
        RETURNED,
        Crash(service="redis", down_ms=DOWN_MS),
        NOTED,
        back(),
        NOTED,
    )
    story.landed("crash")
    gone = ("Refused", "ConnectionLost")  # a connection that was kept may be found dead only when it is used
    sees = story.op(1).result
    story.outcome("info", sees if sees in gone else " or ".join(gone), n=1)
    story.outcome("ok", {"note": None}, n=2)


def a_lost_cache_forgets_and_stays_up(stage: Stage) -> None:
    story = stage.play(NOTE, RETURNED, NOTED, RETURNED, CacheLoss(service="redis"), NOTED)
    story.landed("cache_loss")
    story.outcome("ok", {"note": "kept"}, n=1)
    story.outcome("ok", {"note": None}, n=2)


def only_a_cache_can_be_lost(stage: Stage) -> None:
    story = stage.play(NOTE, RETURNED, CacheLoss(service="postgres"), NOTED)
    story.never_landed()
    story.outcome("ok", {"note": "kept"}, n=1)


def a_third_party_that_crashed_refuses_and_comes_back(stage: Stage) -> None:
    story = stage.play(Crash(service="bank", down_ms=DOWN_MS), buy("s1"), back(), buy("s2"))
    story.landed("crash")
    story.outcome("info", "Refused", n=0)
    story.outcome("ok", n=1)
    story.equal("payments", story.paid, ["s2"])


def a_paused_service_answers_late(stage: Stage) -> None:
    story = stage.play(Pause(service="shop", for_ms=DOWN_MS), buy(), RETURNED)
    story.landed("pause")
    story.outcome("ok")
    story.answered(DOWN_MS)
    pause = story.the("fault", "pause")
    story.due("the end of the pause", story.the("heal", "pause").time_ms - pause.time_ms, DOWN_MS)


def a_heal_ends_a_pause_at_that_instant(stage: Stage) -> None:
    story = stage.play(Pause(service="shop", for_ms=LONG_MS), Wait(1_000), Heal(), buy(), RETURNED)
    pause = story.landed("pause")
    story.due("the end of the pause", story.the("heal", "pause").time_ms - pause.time_ms, 1_000)
    story.outcome("ok")
    story.answered(0)


def a_heal_brings_back_at_that_instant_who_is_down(stage: Stage) -> None:
    victims = ("shop", "postgres", "bank")
    story = stage.play(*(Crash(service=v, down_ms=LONG_MS) for v in victims), Wait(1_000), Heal(), buy())
    story.landed("crash", times=3)
    story.equal("who lost power", [e.process for e in story.events("crash")], list(victims))
    last_ms = max(crash.time_ms for crash in story.events("crash"))
    for victim in victims:
        story.returned(victim, story.the("restart", process=victim).time_ms - last_ms, 1_000)
    story.outcome("ok")


def who_is_down_cannot_crash_again(stage: Stage) -> None:
    story = stage.play(Crash(service="shop", down_ms=DOWN_MS), Crash(service="shop", down_ms=500), back())
    receipts = story.events("receipt", "crash")
    story.equal("receipts of the second crash", [r.ref for r in receipts], [story.events("fault")[0].index])
    crash, restart = story.the("crash"), story.the("restart")
    story.returned("shop", restart.time_ms - crash.time_ms, DOWN_MS)
