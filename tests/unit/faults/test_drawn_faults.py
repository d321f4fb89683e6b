"""What generators draw: every fault there is, where a world can do it and a subject has a party for it."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from shaketable.boundary import Boundary, Route
from shaketable.explore.generate.drawn_faults import (
    MESSAGE_DRAWS,
    TIMED_DRAWS,
    Targets,
    TimedFaults,
)
from shaketable.explore.generate.fault_options import FaultOptions
from shaketable.explore.generate.mid_run_heal import heals_after
from shaketable.explore.generate.places import Places
from shaketable.fault import (
    FAULT_TYPES,
    CacheLoss,
    ClockStep,
    Crash,
    Fault,
    Need,
    Partition,
    Pause,
    ServerError,
    TooLarge,
)
from shaketable.real.world import RealWorld
from shaketable.schedule import Do, Heal, Inject, Wait
from shaketable.sim.world import SimWorld
from shaketable.subject import DatabaseSpec, Part, System, Topic
from shaketable.world_traits import ALL_BUT_BYTES

EVERYTHING = frozenset(Need)
ALL = Targets(
    roles=("order", "relay"),
    processes=("order", "relay-1", "relay-2"),
    clocked=("order",),
    links=(("order", "postgres"), ("relay", "kafka")),
    caches=("redis",),
    servers=("postgres",),
    topics=(("kafka", "order-events"),),
    expiring=("kafka",),
    sessions=(("order", "postgres"),),
)
NONE = Targets(roles=(), processes=(), clocked=(), links=())
PAY = Boundary(Route("order", "bank", "POST", "/pay"), 1)
COMMIT = Boundary(Route("order", "postgres", "COMMIT", "orders"), 1)
PRODUCE = Boundary(Route("relay", "kafka", "PRODUCE", "order-events/o1"), 1)
OFFSETS = Boundary(Route("order", "kafka", "OFFSET_COMMIT", "payments"), 1)
CRASH = Inject(Crash(service="order"))


def drawn(targets: Targets = ALL, provided: frozenset[Need] = EVERYTHING, picks: int = 4_000) -> list[Fault]:
    faults, chance = TimedFaults(targets, provided=provided), random.Random(7)
    return [faults.fault(chance.randrange(2**32)) for _ in range(picks)]


def test_the_table_has_every_fault_there_is():
    assert [*MESSAGE_DRAWS, *TIMED_DRAWS] != []
    assert {*MESSAGE_DRAWS, *TIMED_DRAWS} == set(FAULT_TYPES)


def test_every_fault_there_is_is_drawn_where_all_can_happen():
    messages = Places((PAY, COMMIT, PRODUCE, OFFSETS), frozenset({"order", "bank"}))
    kinds = {type(fault) for fault in drawn()} | {type(messages.fault(pick)) for pick in range(5_000)}
    assert kinds == set(FAULT_TYPES)


def test_a_5xx_is_drawn_on_both_legs_of_an_http_request_and_of_nothing_else():
    of_http, of_sql = Places((PAY,)), Places((COMMIT,))
    drawn_at_pay = [fault for pick in range(2_000) if isinstance(fault := of_http.fault(pick), ServerError)]
    assert {(fault.leg, fault.status) for fault in drawn_at_pay} == {
        (leg, status) for leg in ("request", "reply") for status in (500, 502, 503)
    }
    assert not any(isinstance(of_sql.fault(pick), ServerError) for pick in range(2_000))


def test_a_record_is_refused_as_it_is_sent_and_nothing_else_is():
    places = Places((PAY, COMMIT, PRODUCE))
    refused = [fault for pick in range(5_000) if isinstance(fault := places.fault(pick), TooLarge)]
    assert {(fault.at, fault.leg) for fault in refused} == {(str(PRODUCE), "request")}
    assert {fault.times for fault in refused} == {1, 3, 20}


@pytest.mark.parametrize("need", [kind.needs for kind in TIMED_DRAWS])
def test_what_the_world_cannot_do_is_never_drawn(need):
    assert all(fault.needs is not need for fault in drawn(provided=EVERYTHING - {need}))


def test_what_the_subject_has_no_party_for_is_never_drawn():
    without_cache = Targets(roles=("order",), processes=("order",), clocked=(), links=ALL.links)
    kinds = {type(fault) for fault in drawn(without_cache)}
    assert CacheLoss not in kinds
    assert ClockStep not in kinds
    assert Crash in kinds
    assert not TimedFaults(NONE)
    with pytest.raises(ValueError, match="no party"):
        TimedFaults(NONE).fault(1)


def test_one_process_is_named_where_replicas_would_hide_it_else_a_role():
    for fault in drawn():
        if isinstance(fault, Pause | ClockStep):
            assert fault.service in ALL.processes
        elif isinstance(fault, Crash):
            assert fault.service in ("order", "relay", "postgres")
    assert {kind for kind in FAULT_TYPES if kind.names == "process"} == {Pause, ClockStep}


def test_replicas_that_are_asked_at_one_address_are_named_one_by_one_as_well():
    parts = tuple(
        Part(name, lambda _: pytest.fail("made"), role=name[:-2])
        for name in ("api-1", "api-2", "relay-1", "relay-2")
    )
    targets = Targets.of(
        System(parts, lambda _, __: pytest.fail("performed")), [("client", "api"), ("relay", "kafka")]
    )
    crashed = {fault.service for fault in drawn(targets) if isinstance(fault, Crash)}
    cut_off = {(fault.sender, fault.receiver) for fault in drawn(targets) if isinstance(fault, Partition)}
    assert crashed == {"api", "relay", "api-1", "api-2"}
    assert cut_off == {("client", "api"), ("client", "api-1"), ("client", "api-2"), ("relay", "kafka")}


def test_sessions_are_refused_by_databases_whatever_their_name():
    part = Part("order", lambda _: pytest.fail("made"), database="orders")
    system = System(
        (part,),
        lambda _, __: pytest.fail("performed"),
        databases=(DatabaseSpec("orders", (), server="ledger"),),
        topics=(Topic("placed"),),
    )
    links = [("client", "order"), ("order", "ledger"), ("order", "kafka")]
    assert Targets.of(system, links).sessions == (("order", "ledger"),)


def test_faults_of_bytes_are_together_as_likely_as_one_of_the_others():
    counts = Counter(fault.needs is Need.BYTES for fault in drawn(picks=20_000))
    groups = len(TimedFaults(ALL, provided=EVERYTHING).kinds)
    assert counts[True] == pytest.approx(20_000 / groups, rel=0.1)


def test_sizes_come_from_the_options_and_do_not_hang_together():
    options = FaultOptions(link_faults_ms=(1, 2), delays_ms=(3, 4))
    faults, chance = TimedFaults(ALL, options), random.Random(7)
    latencies = [faults.fault(chance.randrange(2**32)) for _ in range(2_000)]
    found = {(f.for_ms, f.delay_ms) for f in latencies if hasattr(f, "delay_ms")}
    assert found == {(1, 3), (1, 4), (2, 3), (2, 4)}


def world(name, has_toxiproxy: bool) -> RealWorld:
    return RealWorld(name, lambda _: pytest.fail("started"), has_toxiproxy=has_toxiproxy)


def test_only_with_toxiproxy_a_real_world_provides_bytes():
    assert world("containers", True).traits.provides == EVERYTHING
    assert world("containers", False).traits.provides == SimWorld().traits.provides == ALL_BUT_BYTES


def test_the_broker_of_processes_deletes_no_records():
    assert world("processes", True).traits.provides == EVERYTHING - {Need.RETENTION}
    assert world("processes", False).traits.provides == ALL_BUT_BYTES - {Need.RETENTION}


def test_a_heal_follows_a_wait_once_and_only_if_there_is_something_to_heal():
    place, wait = Do("place"), Wait(20)
    every = FaultOptions(waits_per_heal=1)
    assert heals_after([place, CRASH, wait], 0, every)
    assert not heals_after([place, wait], 0, every)
    assert not heals_after([CRASH, wait, Heal(), wait], 0, every)
    assert not heals_after([CRASH, wait], 0, FaultOptions(waits_per_heal=0))
    assert [pick for pick in range(12) if heals_after([CRASH, wait], pick)] == [0, 6]
