"""Clauses on the cache: each change is an effect of the service that asked for it, whatever becomes of the answer."""

from __future__ import annotations

from shaketable.boundary import Leg
from shaketable.conformance.moments import RETURNED
from shaketable.conformance.played_run import PlayedRun
from shaketable.conformance.world_under_test import WorldUnderTest
from shaketable.fault import CacheLoss, Drop, Duplicate
from shaketable.history import Json
from shaketable.schedule import Do

NOTE, NOTED = Do("note", {"sale": "s1"}), Do("noted", {"sale": "s1"})
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


def a_cache_command_that_arrives_twice_is_two_effects(world: WorldUnderTest) -> None:
    run = world.play(Duplicate(at=SET, leg="request"), NOTE, RETURNED)
    run.landed("duplicate")
    run.outcome("ok", {"set": True})
    run.equal("changes of the cache", _changes(run), [("shop", KEPT)] * 2)


def a_loss_of_the_cache_is_a_receipt_and_no_change_by_a_service(world: WorldUnderTest) -> None:
    run = world.play(NOTE, RETURNED, CacheLoss(service="redis"))
    run.landed("cache_loss")
    run.equal("changes of the cache", _changes(run), [("shop", KEPT)])
