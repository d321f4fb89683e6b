"""Clauses on messages: every message fault on both legs of HTTP, COMMIT and PRODUCE, and on what a consumer sends."""

from __future__ import annotations

from shaketable.conformance.moments import LANDED, RETURNED, back
from shaketable.conformance.shop import IO_TIMEOUT_MS
from shaketable.conformance.shop_service import PAY_TIMEOUT_MS
from shaketable.conformance.world_under_test import PATH_MS, Stage, Story, buy
from shaketable.fault import Crash, CrashReceiver, CrashSender, Cut, Drop, Duplicate, Hold, name_of
from shaketable.history import Event

PAY = "shop>bank POST /pay #1"
INSERT = "shop>postgres INSERT sales #1"
COMMIT = "shop>postgres COMMIT sales #1"
PRODUCE = "shop>kafka PRODUCE sales/s1 #1"
FETCH = "reader>kafka FETCH sales/s1 #1"
OFFSET = "reader>kafka OFFSET_COMMIT sales #1"
DOWN_MS = 1_000


SECOND = {PAY: "shop>bank POST /pay #2", COMMIT: "shop>postgres COMMIT sales #2"}
SECOND[PRODUCE] = "shop>kafka PRODUCE sales/s2 #1"
"""The same message of the second sale."""


def effects(story: Story, at: str) -> list[str]:
    """The sales for which the effect of the message `at` happened."""
    return {PAY: story.paid, COMMIT: story.sold, PRODUCE: [key for key, _ in story.appended]}[at]


def _effect(story: Story, at: str) -> Event:
    """The effect of `at` for the only sale."""
    story.equal(f"effects of {at}", effects(story, at), ["s1"])
    if at == COMMIT:
        return story.commits("shop")[0]
    return story.the("effect", "pay" if at == PAY else "append")


def _timeout_ms(at: str) -> int:
    return PAY_TIMEOUT_MS if at == PAY else IO_TIMEOUT_MS


def _lost(stage: Stage, at: str, fault: type[Drop | Cut], sees: str, after_ms: int) -> None:
    """A leg that does not arrive: the request of the first sale without its effect, the answer of the second with it."""
    first, second = fault(at=at, leg="request"), fault(at=SECOND[at], leg="reply")
    story = stage.play(first, second, buy("s1"), RETURNED, buy("s2"), RETURNED)
    story.landed("drop" if fault is Drop else "cut", times=2)
    for receipt, where in zip(story.events("receipt"), (at, SECOND[at]), strict=True):
        story.equal(f"the receipt names {where}", where in receipt.value["what"], True)
    story.equal(f"effects of {at}", effects(story, at), ["s2"])
    for n in (0, 1):
        story.outcome("info", sees, n=n)
        story.answered(after_ms, n=n)


def _dropped(stage: Stage, at: str) -> None:
    _lost(stage, at, Drop, "Timeout", _timeout_ms(at))


def _cut(stage: Stage, at: str) -> None:
    _lost(stage, at, Cut, "ConnectionLost", 0)


def a_dropped_http_message_is_silence_until_the_senders_timeout(stage: Stage) -> None:
    _dropped(stage, PAY)


def a_dropped_commit_is_silence_until_the_senders_timeout(stage: Stage) -> None:
    _dropped(stage, COMMIT)


def a_dropped_produce_is_silence_until_the_senders_timeout(stage: Stage) -> None:
    _dropped(stage, PRODUCE)


def a_cut_http_message_is_a_reset_at_once(stage: Stage) -> None:
    _cut(stage, PAY)


def a_cut_commit_is_a_reset_at_once(stage: Stage) -> None:
    _cut(stage, COMMIT)


def a_cut_produce_is_a_reset_at_once(stage: Stage) -> None:
    _cut(stage, PRODUCE)


def _arrives_late(stage: Stage, at: str) -> None:
    """Held for longer than its sender waits: it times out, and the effect comes all the same."""
    for_ms = _timeout_ms(at) + 2_000
    story = stage.play(Hold(at=at, leg="request", for_ms=for_ms), buy())
    receipt = story.landed("hold")
    story.equal("how long it was held, says the receipt", receipt.value.get("held_ms"), for_ms)
    story.outcome("info", "Timeout")
    story.answered(_timeout_ms(at))
    story.due(f"the effect of {at}", _effect(story, at).time_ms - receipt.time_ms, for_ms)


def a_held_http_request_arrives_late_though_its_sender_gave_up(stage: Stage) -> None:
    _arrives_late(stage, PAY)


def a_held_commit_commits_though_its_sender_gave_up(stage: Stage) -> None:
    _arrives_late(stage, COMMIT)


def a_held_produce_is_appended_though_its_sender_gave_up(stage: Stage) -> None:
    _arrives_late(stage, PRODUCE)


def a_held_commit_outlives_its_sender(stage: Stage) -> None:
    story = stage.play(Hold(at=COMMIT, leg="request", for_ms=3_000), buy(), LANDED, _crash("shop"), back())
    receipt = story.landed("hold")
    story.equal("sales", story.sold, ["s1"])
    story.due("the held commit", story.commits("shop")[0].time_ms - receipt.time_ms, 3_000)


def a_held_commit_dies_with_its_server(stage: Stage) -> None:
    story = stage.play(
        Hold(at=COMMIT, leg="request", for_ms=3_000), buy(), LANDED, _crash("postgres"), back()
    )
    story.landed("hold")
    story.equal("sales", story.sold, [])


def a_held_statement_is_rolled_back_when_its_sender_gave_up(stage: Stage) -> None:
    story = stage.play(Hold(at=INSERT, leg="request", for_ms=IO_TIMEOUT_MS + 2_000), buy())
    story.landed("hold")
    story.outcome("info", "Timeout")
    story.equal("sales", story.sold, [])


def a_held_answer_comes_late(stage: Stage) -> None:
    for at in (PAY, COMMIT, PRODUCE):
        story = stage.play(Hold(at=at, leg="reply", for_ms=1_000), buy())
        story.landed("hold")
        story.outcome("ok")
        story.answered(1_000)
        effect_ms = _effect(story, at).time_ms - story.op().invoked.time_ms
        story.due(f"the effect of {at}", effect_ms, 0, path_ms=PATH_MS)


def others_overtake_a_held_message(stage: Stage) -> None:
    for_ms = stage.claims.late_ms + 1_000
    story = stage.play(Hold(at=PAY, leg="request", for_ms=for_ms), buy("s1"), LANDED, buy("s2"))
    story.landed("hold")
    story.equal("order of the payments", story.paid, ["s2", "s1"])


def a_duplicated_http_request_is_served_twice_and_answered_once(stage: Stage) -> None:
    story = stage.play(Duplicate(at=PAY, leg="request"), buy())
    story.landed("duplicate")
    story.equal("payments", story.paid, ["s1", "s1"])
    story.outcome("ok")


def a_duplicated_produce_appends_two_copies(stage: Stage) -> None:
    story = stage.play(Duplicate(at=PRODUCE, leg="request"), buy())
    story.landed("duplicate")
    story.equal("records", story.appended, [("s1", 0), ("s1", 1)])
    story.outcome("ok")
    story.equal("deliveries", [e.value["offset"] for e in story.events("effect", "deliver")], [0, 1])


def what_cannot_arrive_twice_is_not_doubled(stage: Stage) -> None:
    """Answers; statements and COMMITs; fetches and offset commits."""
    twice = [Duplicate(at=at, leg="reply") for at in (PAY, COMMIT, PRODUCE, FETCH)]
    once = [Duplicate(at=at, leg="request") for at in (INSERT, COMMIT, FETCH, OFFSET)]
    story = stage.play(*twice, *once, buy())
    story.never_landed()
    story.equal("effects", (story.paid, story.sold, story.appended), (["s1"], ["s1"], [("s1", 0)]))


def _crash(service: str) -> Crash:
    return Crash(service=service, down_ms=DOWN_MS)


def _crashes(stage: Stage, at: str, receiver: str) -> None:
    """Whoever loses power: nothing has happened before the request's end, all has after it."""
    for victim, fault in (("shop", CrashSender), (receiver, CrashReceiver)):
        first = fault(at=at, leg="request", down_ms=DOWN_MS)
        second = fault(at=SECOND[at], leg="reply", down_ms=DOWN_MS)
        story = stage.play(first, second, buy("s1"), RETURNED, back(), buy("s2"), RETURNED, back(2))
        story.landed(name_of(first), times=2)
        story.equal(f"effects of {at}", effects(story, at), ["s2"])
        crashes, restarts = story.events("crash", process=victim), story.events("restart", process=victim)
        story.equal(f"crashes and returns of {victim}", (len(crashes), len(restarts)), (2, 2))
        for n, (crash, restart) in enumerate(zip(crashes, restarts, strict=True)):
            story.outcome("info", "ConnectionLost", n=n)
            story.returned(victim, restart.time_ms - crash.time_ms, DOWN_MS)
        for receipt in story.events("receipt"):
            story.equal("how long, says the receipt", receipt.value.get("down_ms"), DOWN_MS)


def a_crash_at_an_http_message_comes_before_or_after_its_effect(stage: Stage) -> None:
    _crashes(stage, PAY, "bank")


def a_crash_at_commit_rolls_back_before_it_and_keeps_after_it(stage: Stage) -> None:
    _crashes(stage, COMMIT, "postgres")


def a_crash_at_a_produce_comes_before_or_after_the_append(stage: Stage) -> None:
    _crashes(stage, PRODUCE, "kafka")


def a_lost_delivery_is_fetched_again(stage: Stage) -> None:
    story = stage.play(Drop(at=FETCH, leg="reply"), buy())
    story.landed("drop")
    story.equal("what the reader wrote", story.seen, ["s1"])


def a_lost_offset_commit_delivers_again(stage: Stage) -> None:
    story = stage.play(Cut(at=OFFSET, leg="request"), buy())
    story.landed("cut")
    story.equal("deliveries", [e.value["offset"] for e in story.events("effect", "deliver")], [0, 0])
    story.equal("what the reader wrote", story.seen, ["s1"])


def a_consumer_that_crashes_before_its_offset_commit_gets_the_record_again(stage: Stage) -> None:
    story = stage.play(CrashSender(at=OFFSET, leg="request", down_ms=DOWN_MS), buy())
    story.landed("crash_sender")
    story.equal("deliveries", [e.value["offset"] for e in story.events("effect", "deliver")], [0, 0])


def a_fault_for_a_message_that_has_passed_never_lands(stage: Stage) -> None:
    story = stage.play(buy("s1"), RETURNED, Drop(at=PAY, leg="request"), buy("s2"))
    story.never_landed()
    story.outcome("ok", n=1)
