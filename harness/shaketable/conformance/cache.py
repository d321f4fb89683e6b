"""Clauses on the cache: each change is an effect of the service that asked for it, whatever becomes of the answer."""

from __future__ import annotations

from shaketable.boundary import Leg
from shaketable.conformance.moments import RETURNED
from shaketable.conformance.played_run import PlayedRun
from shaketable.conformance.shop import IO_TIMEOUT_MS
from shaketable.conformance.world_under_test import WorldUnderTest
from shaketable.fault import CacheLoss, Drop, Duplicate, Hold, KeyEviction
from shaketable.history import Json
from shaketable.schedule import Do

NOTE, NOTED = Do("note", {"sale": "s1"}), Do("noted", {"sale": "s1"})
SALES = ("s1", "s3", "s6", "s10")
SET = "shop>redis SET note-s1 #1"
KEPT: Json = {"op": "SET", "key": "note-s1", "value": "kept"}


def _changes(run: PlayedRun) -> list[tuple[str, Json]]:
    return [(event.process, event.value) for event in run.events("effect", "cache")]


def a_change_of_the_cache_is_an_effect_and_a_look_is_none(world: WorldUnderTest) -> None:
    run = world.play(NOTE, RETURNED, NOTED, RETURNED)
    run.equal("changes of the cache", _changes(run), [("shop", KEPT)])


def a_change_whose_answer_is_lost_is_an_effect_all_the_same(world: WorldUnderTest) -> None:
    """Check the reply leg; on the request leg nothing happened."""
    legs: tuple[tuple[Leg, list[tuple[str, Json]]], ...] = (("reply", [("shop", KEPT)]), ("request", []))
    for leg, changes in legs:
        run = world.play(Drop(at=SET, leg=leg), NOTE, RETURNED)
        run.landed("drop")
        run.outcome("info", "Timeout")
        run.equal(f"changes when the {leg} is lost", _changes(run), changes)


def a_held_cache_command_is_an_effect_when_it_arrives_though_its_sender_gave_up(
    world: WorldUnderTest,
) -> None:
    for_ms = IO_TIMEOUT_MS + 2_000
    run = world.play(Hold(at=SET, leg="request", for_ms=for_ms), NOTE, RETURNED)
    receipt = run.landed("hold")
    run.outcome("info", "Timeout")
    run.equal("changes of the cache", _changes(run), [("shop", KEPT)])
    run.due("the held command", run.the("effect", "cache").time_ms - receipt.time_ms, for_ms)


def a_cache_command_that_arrives_twice_is_two_effects(world: WorldUnderTest) -> None:
    run = world.play(Duplicate(at=SET, leg="request"), NOTE, RETURNED)
    run.landed("duplicate")
    run.outcome("ok", {"set": True})
    run.equal("changes of the cache", _changes(run), [("shop", KEPT)] * 2)


def a_loss_of_the_cache_is_a_receipt_and_no_change_by_a_service(world: WorldUnderTest) -> None:
    run = world.play(NOTE, RETURNED, CacheLoss(service="redis"))
    run.landed("cache_loss")
    run.equal("changes of the cache", _changes(run), [("shop", KEPT)])


def a_cache_that_evicts_keys_loses_those_alone(world: WorldUnderTest) -> None:
    """Check each of three shares, one of them by a number that is more than it can be."""
    for share in (0, 1, 5):
        evicts = KeyEviction(service="redis", shares=3, share=share)
        lost = [f"note-{sale}" for sale in SALES if evicts.takes(f"note-{sale}")]
        notes = [step for sale in SALES for step in (Do("note", {"sale": sale}), RETURNED)]
        looks = [step for sale in SALES for step in (Do("noted", {"sale": sale}), RETURNED)]
        run = world.play(*notes, evicts, *looks)
        receipt = run.landed("key_eviction")
        run.equal("the keys that the receipt names", receipt.value.get("keys"), lost)
        for n, sale in enumerate(SALES):
            run.outcome("ok", {"note": None if f"note-{sale}" in lost else "kept"}, n=len(SALES) + n)
        kept = [("shop", {"op": "SET", "key": f"note-{sale}", "value": "kept"}) for sale in SALES]
        run.equal("changes of the cache", _changes(run), kept)


def keys_are_evicted_where_there_are_any_and_from_a_cache_alone(world: WorldUnderTest) -> None:
    run = world.play(
        KeyEviction(service="redis", shares=1), NOTE, RETURNED, KeyEviction(service="postgres"), NOTED
    )
    run.never_landed()
    run.outcome("ok", {"note": "kept"}, n=1)
