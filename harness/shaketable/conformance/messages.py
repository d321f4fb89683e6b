"""Clauses on messages: every message fault on both legs of HTTP, COMMIT and PRODUCE, and on what a consumer sends."""

from __future__ import annotations

from shaketable.conformance.moments import LANDED, RETURNED, back
from shaketable.conformance.played_run import PATH_MS, PlayedRun
from shaketable.conformance.shop import IO_TIMEOUT_MS
from shaketable.conformance.shop_service import PAY_TIMEOUT_MS
from shaketable.conformance.world_under_test import WorldUnderTest, buy
from shaketable.fault import (
    Crash,
    CrashReceiver,
    CrashSender,
    Cut,
    Drop,
    Duplicate,
    Hold,
    ServerError,
    name_of,
)
from shaketable.history import Event

BUY = "client>shop POST /buy #1"
PAY = "shop>bank POST /pay #1"
INSERT = "shop>postgres INSERT sales #1"
COMMIT = "shop>postgres COMMIT sales #1"
PRODUCE = "shop>kafka PRODUCE sales/s1 #1"
FETCH = "reader>kafka FETCH sales/s1 #1"
OFFSET = "reader>kafka OFFSET_COMMIT sales #1"
DOWN_MS = 1_000


SECOND = {PAY: "shop>bank POST /pay #2", COMMIT: "shop>postgres COMMIT sales #2"}
SECOND[PRODUCE] = "shop>kafka PRODUCE sales/s2 #1"
"""The same message of the second sale, by that of the first."""


def effects(run: PlayedRun, at: str) -> list[str]:
    """Return the sales for which the effect of the message `at` happened."""
    return {PAY: run.paid, COMMIT: run.sold, PRODUCE: [key for key, _ in run.appended]}[at]


def _effect(run: PlayedRun, at: str) -> Event:
    """Return the effect of `at` for the only sale."""
    run.equal(f"effects of {at}", effects(run, at), ["s1"])
    if at == COMMIT:
        return run.commits("shop")[0]
    return run.the("effect", "pay" if at == PAY else "append")


def _timeout_ms(at: str) -> int:
    return PAY_TIMEOUT_MS if at == PAY else IO_TIMEOUT_MS


def _lost(world: WorldUnderTest, at: str, fault: type[Drop | Cut], sees: str, after_ms: int) -> None:
    """Check a leg that does not arrive: the first sale's request without its effect, the second's answer with it."""
    first, second = fault(at=at, leg="request"), fault(at=SECOND[at], leg="reply")
    run = world.play(first, second, buy("s1"), RETURNED, buy("s2"), RETURNED)
    run.landed("drop" if fault is Drop else "cut", times=2)
    for receipt, where in zip(run.events("receipt"), (at, SECOND[at]), strict=True):
        run.equal(f"the receipt names {where}", where in receipt.value["what"], True)
    run.equal(f"effects of {at}", effects(run, at), ["s2"])
    for n in (0, 1):
        run.outcome("info", sees, n=n)
        run.answered(after_ms, n=n)


def _dropped(world: WorldUnderTest, at: str) -> None:
    _lost(world, at, Drop, "Timeout", _timeout_ms(at))


def _cut(world: WorldUnderTest, at: str) -> None:
    _lost(world, at, Cut, "ConnectionLost", 0)


def a_dropped_http_message_is_silence_until_the_senders_timeout(world: WorldUnderTest) -> None:
    _dropped(world, PAY)


def a_dropped_commit_is_silence_until_the_senders_timeout(world: WorldUnderTest) -> None:
    _dropped(world, COMMIT)


def a_dropped_produce_is_silence_until_the_senders_timeout(world: WorldUnderTest) -> None:
    _dropped(world, PRODUCE)


def a_cut_http_message_is_a_reset_at_once(world: WorldUnderTest) -> None:
    _cut(world, PAY)


def a_cut_commit_is_a_reset_at_once(world: WorldUnderTest) -> None:
    _cut(world, COMMIT)


def a_cut_produce_is_a_reset_at_once(world: WorldUnderTest) -> None:
    _cut(world, PRODUCE)


def _arrives_late(world: WorldUnderTest, at: str) -> None:
    """Check a message held for longer than its sender waits: it times out, and the effect comes all the same."""
    for_ms = _timeout_ms(at) + 2_000
    run = world.play(Hold(at=at, leg="request", for_ms=for_ms), buy())
    receipt = run.landed("hold")
    run.equal("how long it was held, says the receipt", receipt.value.get("held_ms"), for_ms)
    run.outcome("info", "Timeout")
    run.answered(_timeout_ms(at))
    run.due(f"the effect of {at}", _effect(run, at).time_ms - receipt.time_ms, for_ms)


def a_held_http_request_arrives_late_though_its_sender_gave_up(world: WorldUnderTest) -> None:
    _arrives_late(world, PAY)


def a_held_commit_commits_though_its_sender_gave_up(world: WorldUnderTest) -> None:
    _arrives_late(world, COMMIT)


def a_held_produce_is_appended_though_its_sender_gave_up(world: WorldUnderTest) -> None:
    _arrives_late(world, PRODUCE)


def a_held_commit_outlives_its_sender(world: WorldUnderTest) -> None:
    run = world.play(Hold(at=COMMIT, leg="request", for_ms=3_000), buy(), LANDED, _crash("shop"), back())
    receipt = run.landed("hold")
    run.equal("sales", run.sold, ["s1"])
    run.due("the held commit", run.commits("shop")[0].time_ms - receipt.time_ms, 3_000)


def a_held_commit_dies_with_its_server(world: WorldUnderTest) -> None:
    run = world.play(Hold(at=COMMIT, leg="request", for_ms=3_000), buy(), LANDED, _crash("postgres"), back())
    run.landed("hold")
    run.equal("sales", run.sold, [])


def a_held_statement_is_rolled_back_when_its_sender_gave_up(world: WorldUnderTest) -> None:
    run = world.play(Hold(at=INSERT, leg="request", for_ms=IO_TIMEOUT_MS + 2_000), buy())
    run.landed("hold")
    run.outcome("info", "Timeout")
    run.equal("sales", run.sold, [])


def a_held_answer_comes_late(world: WorldUnderTest) -> None:
    for at in (PAY, COMMIT, PRODUCE):
        run = world.play(Hold(at=at, leg="reply", for_ms=1_000), buy())
        run.landed("hold")
        run.outcome("ok")
        run.answered(1_000)
        effect_ms = _effect(run, at).time_ms - run.op().invoked.time_ms
        run.due(f"the effect of {at}", effect_ms, 0, path_ms=PATH_MS)


def others_overtake_a_held_message(world: WorldUnderTest) -> None:
    for_ms = world.claims.late_ms + 1_000
    run = world.play(Hold(at=PAY, leg="request", for_ms=for_ms), buy("s1"), LANDED, buy("s2"))
    run.landed("hold")
    run.equal("order of the payments", run.paid, ["s2", "s1"])


def a_duplicated_http_request_is_served_twice_and_answered_once(world: WorldUnderTest) -> None:
    run = world.play(Duplicate(at=PAY, leg="request"), buy())
    run.landed("duplicate")
    run.equal("payments", run.paid, ["s1", "s1"])
    run.outcome("ok")


def a_duplicated_produce_appends_two_copies(world: WorldUnderTest) -> None:
    run = world.play(Duplicate(at=PRODUCE, leg="request"), buy())
    run.landed("duplicate")
    run.equal("records", run.appended, [("s1", 0), ("s1", 1)])
    run.outcome("ok")
    run.equal("deliveries", [e.value["offset"] for e in run.events("effect", "deliver")], [0, 1])


def what_cannot_arrive_twice_is_not_doubled(world: WorldUnderTest) -> None:
    """Check answers, statements and COMMITs, fetches and offset commits."""
    twice = [Duplicate(at=at, leg="reply") for at in (PAY, COMMIT, PRODUCE, FETCH)]
    once = [Duplicate(at=at, leg="request") for at in (INSERT, COMMIT, FETCH, OFFSET)]
    run = world.play(*twice, *once, buy())
    run.never_landed()
    run.equal("effects", (run.paid, run.sold, run.appended), (["s1"], ["s1"], [("s1", 0)]))


def an_http_request_is_answered_5xx_before_or_after_its_effect(world: WorldUnderTest) -> None:
    """Check the first payment, which the bank never sees, the second, whose answer is lost, and the third, which is calm."""
    first, second = (
        ServerError(at=PAY, leg="request", status=500),
        ServerError(at=SECOND[PAY], leg="reply", status=503),
    )
    run = world.play(first, second, *(step for n in (1, 2, 3) for step in (buy(f"s{n}"), RETURNED)))
    run.landed("server_error", times=2)
    for receipt, status in zip(run.events("receipt"), (500, 503), strict=True):
        run.equal("the status, says the receipt", receipt.value.get("status"), status)
    run.equal("payments", run.paid, ["s2", "s3"])
    run.equal("sales", run.sold, ["s3"])
    for n, status in enumerate((500, 503)):
        run.outcome("info", str(status), n=n)
        run.answered(0, n=n)
    run.outcome("ok", n=2)


def a_5xx_says_alike_in_every_world_what_it_is(world: WorldUnderTest) -> None:
    for fault, sales in (
        (ServerError(at=BUY, leg="request", status=502), []),
        (ServerError(at=BUY, leg="reply", status=502), ["s1"]),
    ):
        run = world.play(fault, buy())
        run.landed("server_error")
        run.outcome("info", fault.body["error"])
        run.equal("sales", run.sold, sales)


def what_is_no_http_request_is_not_answered_5xx(world: WorldUnderTest) -> None:
    run = world.play(*(ServerError(at=at, leg="request") for at in (COMMIT, PRODUCE, FETCH)), buy())
    run.never_landed()
    run.outcome("ok")


def _crash(service: str) -> Crash:
    return Crash(service=service, down_ms=DOWN_MS)


def _crashes(world: WorldUnderTest, at: str, receiver: str) -> None:
    """Check a crash of either party: before the request's end nothing has happened, after it all has."""
    for victim, fault in (("shop", CrashSender), (receiver, CrashReceiver)):
        first = fault(at=at, leg="request", down_ms=DOWN_MS)
        second = fault(at=SECOND[at], leg="reply", down_ms=DOWN_MS)
        run = world.play(first, second, buy("s1"), RETURNED, back(), buy("s2"), RETURNED, back(2))
        run.landed(name_of(first), times=2)
        run.equal(f"effects of {at}", effects(run, at), ["s2"])
        crashes, restarts = run.events("crash", process=victim), run.events("restart", process=victim)
        run.equal(f"crashes and returns of {victim}", (len(crashes), len(restarts)), (2, 2))
        for n, (crash, restart) in enumerate(zip(crashes, restarts, strict=True)):
            run.outcome("info", "ConnectionLost", n=n)
            run.returned(victim, restart.time_ms - crash.time_ms, DOWN_MS)
        for receipt in run.events("receipt"):
            run.equal("how long, says the receipt", receipt.value.get("down_ms"), DOWN_MS)


def a_crash_at_an_http_message_comes_before_or_after_its_effect(world: WorldUnderTest) -> None:
    _crashes(world, PAY, "bank")


def a_crash_at_commit_rolls_back_before_it_and_keeps_after_it(world: WorldUnderTest) -> None:
    _crashes(world, COMMIT, "postgres")


def a_crash_at_a_produce_comes_before_or_after_the_append(world: WorldUnderTest) -> None:
    _crashes(world, PRODUCE, "kafka")


def a_lost_delivery_is_fetched_again(world: WorldUnderTest) -> None:
    run = world.play(Drop(at=FETCH, leg="reply"), buy())
    run.landed("drop")
    run.equal("what the reader wrote", run.seen, ["s1"])


def a_lost_offset_commit_delivers_again(world: WorldUnderTest) -> None:
    run = world.play(Cut(at=OFFSET, leg="request"), buy())
    run.landed("cut")
    run.equal("deliveries", [e.value["offset"] for e in run.events("effect", "deliver")], [0, 0])
    run.equal("what the reader wrote", run.seen, ["s1"])


def a_consumer_that_crashes_before_its_offset_commit_gets_the_record_again(world: WorldUnderTest) -> None:
    run = world.play(CrashSender(at=OFFSET, leg="request", down_ms=DOWN_MS), buy())
    run.landed("crash_sender")
    run.equal("deliveries", [e.value["offset"] for e in run.events("effect", "deliver")], [0, 0])


def a_fault_for_a_message_that_has_passed_never_lands(world: WorldUnderTest) -> None:
    run = world.play(buy("s1"), RETURNED, Drop(at=PAY, leg="request"), buy("s2"))
    run.never_landed()
    run.outcome("ok", n=1)
