"""Simulated worlds, each of which breaks the contract in one way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from shaketable.boundary import Boundary
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
    PollTimeout,
    PoolExhausted,
    Restart,
    Retention,
    Rollback,
    ServerError,
    TooLarge,
    UnreadableRecord,
    name_of,
)
from shaketable.history import Event, History
from shaketable.schedule import Do, Heal, Inject, Step, Wait
from shaketable.sim.world import SimWorld
from shaketable.subject import Subject, System
from shaketable.world import Session, World


class BadSession:
    """Passes everything on, except what a kind of badness overrides."""

    def __init__(self, inner: Session) -> None:
        self.inner = inner

    @property
    def history(self) -> History:
        return self.inner.history

    @property
    def now_ms(self) -> int:
        return self.inner.now_ms

    def apply(self, step: Step) -> None:
        self.inner.apply(step)

    def drain(self) -> None:
        self.inner.drain()

    def heal(self) -> None:
        self.inner.heal()

    def settle(self) -> bool:
        return self.inner.settle()

    def boundaries(self) -> list[Boundary]:
        return self.inner.boundaries()

    def close(self) -> None:
        self.inner.close()


class HealsAtTheEnd(BadSession):
    """It lets all that a schedule heals, and all that is over by itself, last until the end of the run."""

    def apply(self, step: Step) -> None:
        match step:
            case Heal():
                return
            case Inject(fault=Partition() | Latency() | Pause() as fault):
                step = Inject(msgspec.structs.replace(fault, for_ms=10_000_000))
        self.inner.apply(step)


class HealsLate(BadSession):
    """A heal takes a second."""

    def apply(self, step: Step) -> None:
        if isinstance(step, Heal):
            self.inner.apply(Wait(1_000))
        self.inner.apply(step)


class CleansUp(BadSession):
    """Its power cuts are orderly stops."""

    def apply(self, step: Step) -> None:
        match step:
            case Inject(fault=Crash(service="shop", down_ms=down_ms)):
                step = Inject(Restart(service="shop", down_ms=down_ms))
        self.inner.apply(step)


class LeavesOut(BadSession):
    """Its history lacks some events."""

    def lacks(self, event: Event) -> bool:
        raise NotImplementedError

    @property
    def history(self) -> History:
        whole = self.inner.history
        if not any(event.kind == "phase" and event.name == "quiet" for event in whole):
            return whole  # still being written
        kept = History()
        left = [e for e in whole if not self.lacks(e)]
        places = {e.index: n for n, e in enumerate(left)}
        for e in left:
            kept.add(e.time_ms, e.kind, e.process, e.name, e.value, places.get(e.ref, -1))
        return kept


class LeavesNoReceipt(LeavesOut):
    """Its faults land and nothing says so."""

    def lacks(self, event: Event) -> bool:
        return event.kind == "receipt"


class SeesNoCache(LeavesOut):
    """Changes of its cache leave no trace."""

    def lacks(self, event: Event) -> bool:
        return event.name == "cache"


class Pretends(BadSession):
    """Faults of some kinds do nothing, and leave their receipts all the same."""

    kinds: tuple[type, ...] = ()

    def apply(self, step: Step) -> None:
        if not (isinstance(step, Inject) and isinstance(step.fault, self.kinds)):
            self.inner.apply(step)
            return
        add, name = self.history.add, name_of(step.fault)
        event = add(self.now_ms, "fault", "shop", name, msgspec.to_builtins(step.fault))
        figures: dict[str, Any] = {"what": getattr(step.fault, "at", name)}
        figures["held_ms"] = getattr(step.fault, "for_ms", 0)
        add(self.now_ms, "receipt", "shop", name, figures, event)


class WrongLeg(BadSession):
    """Its faults before an effect come after it, and the other way round."""

    def apply(self, step: Step) -> None:
        match step:
            case Inject(fault=Drop() | Cut() | ServerError() | CrashSender() | CrashReceiver() as fault):
                leg = "reply" if fault.leg == "request" else "request"
                step = Inject(msgspec.structs.replace(fault, leg=leg))
        self.inner.apply(step)


class HoldsShort(BadSession):
    """A held message comes 100 ms too soon."""

    def apply(self, step: Step) -> None:
        match step:
            case Inject(fault=Hold() as fault):
                step = Inject(msgspec.structs.replace(fault, for_ms=fault.for_ms - 100))
        self.inner.apply(step)


class ResetsInstead(BadSession):
    """Where a transaction is to be rolled back it resets the connection, and says that it did the former."""

    def apply(self, step: Step) -> None:
        match step:
            case Inject(fault=Rollback(at=at, leg=leg)):
                step = Inject(Cut(at=at, leg=leg))
        self.inner.apply(step)

    @property
    def history(self) -> History:
        renamed = History()
        for e in self.inner.history:
            name = "rollback" if e.name == "cut" else e.name
            renamed.add(e.time_ms, e.kind, e.process, name, e.value, e.ref)
        return renamed


class MistakesTheError(BadSession):
    """It calls every rollback a deadlock."""

    def apply(self, step: Step) -> None:
        match step:
            case Inject(fault=Rollback() as fault):
                step = Inject(msgspec.structs.replace(fault, sqlstate="40P01"))
        self.inner.apply(step)


class KeepsTheSession(BadSession):
    """It rolls back where it should end the session."""

    def apply(self, step: Step) -> None:
        match step:
            case Inject(fault=Rollback(sqlstate="25P03" | "57P01") as fault):
                step = Inject(msgspec.structs.replace(fault, sqlstate="57014"))
        self.inner.apply(step)


class CutsOff(BadSession):
    """Where a database is to refuse new sessions it is cut off, and the receipt says the former."""

    def apply(self, step: Step) -> None:
        match step:
            case Inject(fault=PoolExhausted(sender=sender, receiver=receiver, for_ms=for_ms)):
                step = Inject(Partition(sender=sender, receiver=receiver, for_ms=for_ms))
        self.inner.apply(step)

    @property
    def history(self) -> History:
        renamed = History()
        for e in self.inner.history:
            name = "pool_exhausted" if e.name == "partition" else e.name
            renamed.add(e.time_ms, e.kind, e.process, name, e.value, e.ref)
        return renamed


class RefusesOnce(BadSession):
    """It takes the next record, whatever the fault says."""

    def apply(self, step: Step) -> None:
        match step:
            case Inject(fault=TooLarge() as fault):
                step = Inject(msgspec.structs.replace(fault, times=1))
        self.inner.apply(step)


class OnlyHolds(BadSession):
    """Where a member is to be put out of its group it holds the message, and says that it did the former."""

    def apply(self, step: Step) -> None:
        match step:
            case Inject(fault=PollTimeout(at=at, leg=leg, for_ms=for_ms)):
                step = Inject(Hold(at=at, leg=leg, for_ms=for_ms))
        self.inner.apply(step)

    @property
    def history(self) -> History:
        renamed = History()
        for e in self.inner.history:
            name = "poll_timeout" if e.name == "hold" else e.name
            value = {**e.value, "groups": ["readers"]} if e.kind == "receipt" else e.value
            renamed.add(e.time_ms, e.kind, e.process, name, value, e.ref)
        return renamed


class EvictsTheOthers(BadSession):
    """It evicts the keys that should stay, and says so."""

    def apply(self, step: Step) -> None:
        match step:
            case Inject(fault=KeyEviction() as fault):
                step = Inject(msgspec.structs.replace(fault, share=fault.share + 1))
        self.inner.apply(step)


class CountsReplicasApart(BadSession):
    """It takes a role for its first replica; the other has boundaries of its own."""

    def apply(self, step: Step) -> None:
        if isinstance(step, Inject):
            plain = msgspec.json.encode(step).replace(b'"till', b'"till-1').replace(b">till", b">till-1")
            step = msgspec.json.decode(plain.replace(b"till-1-", b"till-"), type=Step)
        self.inner.apply(step)

    def boundaries(self) -> list[Boundary]:
        return [Boundary.parse(re.sub("till-[12]", "till", str(b))) for b in self.inner.boundaries()]


class AsksTheFirst(BadSession):
    """It sends every request to a role to the first replica."""

    def apply(self, step: Step) -> None:
        match step:
            case Do(value={"of": "till"} as value):
                step = Do(step.f, {**value, "of": "till-1"})
        self.inner.apply(step)


class NamesOtherwise(BadSession):
    """It forgets a boundary."""

    def boundaries(self) -> list[Boundary]:
        return self.inner.boundaries()[1:]


class WithoutRoles:
    """A world that knows no roles: every part plays its own."""

    name = "bad"

    def __init__(self, inner: World) -> None:
        self._inner = inner

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> Session:
        assert isinstance(subject.target, System)
        parts = tuple(replace(part, role=part.name) for part in subject.target.parts)
        alone = replace(subject, target=replace(subject.target, parts=parts))
        return CountsReplicasApart(self._inner.open(alone, seed=seed, trace=trace))


class Bad:
    """A world whose sessions are of one bad kind."""

    name = "bad"

    def __init__(self, inner: World, session: Callable[[Session], Session]) -> None:
        self._inner = inner
        self._session = session

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> Session:
        return self._session(self._inner.open(subject, seed=seed, trace=trace))


Make = Callable[[SimWorld], World]


def _bad(session: Callable[[Session], Session]) -> Make:
    def make(inner: SimWorld) -> World:
        return Bad(inner, session)

    make.__name__ = getattr(session, "__name__", "bad")
    return make


def _pretending(*kinds: type) -> Make:
    return _bad(type("pretends_" + "_".join(k.__name__ for k in kinds), (Pretends,), {"kinds": kinds}))


ALL: tuple[tuple[Make, str], ...] = (
    (_bad(HealsAtTheEnd), "a_heal_ends_a_partition_at_that_instant"),
    (_bad(HealsAtTheEnd), "a_partition_ends_by_itself"),
    (_bad(HealsAtTheEnd), "a_heal_ends_a_pause_at_that_instant"),
    (_bad(HealsAtTheEnd), "a_heal_brings_back_at_that_instant_what_is_down"),
    (_bad(HealsAtTheEnd), "a_heal_disarms_what_has_not_happened"),
    (_bad(HealsLate), "a_heal_ends_a_partition_at_that_instant"),
    (_bad(CleansUp), "a_power_cut_runs_no_clean_up"),
    (_bad(LeavesNoReceipt), "a_dropped_commit_is_silence_until_the_senders_timeout"),
    (_bad(LeavesNoReceipt), "latency_delays_both_legs_and_leaves_one_receipt"),
    (_bad(LeavesNoReceipt), "a_clock_step_moves_one_wall_clock_and_no_other"),
    (_pretending(Duplicate), "a_duplicated_produce_appends_two_copies"),
    (_pretending(Duplicate), "a_duplicated_http_request_is_served_twice_and_answered_once"),
    (_pretending(Drop), "a_dropped_produce_is_silence_until_the_senders_timeout"),
    (_pretending(Cut), "a_cut_commit_is_a_reset_at_once"),
    (_pretending(Rollback), "a_statement_is_answered_with_an_error_and_its_transaction_rolled_back"),
    (_pretending(Rollback), "a_transaction_that_was_rolled_back_leaves_no_lock"),
    (_pretending(Rollback), "a_session_that_its_server_ends_takes_its_transaction_along"),
    (_bad(KeepsTheSession), "a_session_that_its_server_ends_takes_its_transaction_along"),
    (_bad(ResetsInstead), "a_commit_is_answered_with_an_error_and_its_transaction_rolled_back"),
    (_bad(MistakesTheError), "a_commit_is_answered_with_an_error_and_its_transaction_rolled_back"),
    (_pretending(TooLarge), "a_record_that_is_too_large_is_refused_and_not_appended"),
    (_bad(RefusesOnce), "a_record_is_refused_as_often_as_its_limit_stands"),
    (
        _pretending(UnreadableRecord),
        "a_record_that_is_no_json_is_on_its_topic_and_given_to_consumers_as_text",
    ),
    (_pretending(ServerError), "an_http_request_is_answered_5xx_before_or_after_its_effect"),
    (_bad(WrongLeg), "an_http_request_is_answered_5xx_before_or_after_its_effect"),
    (_pretending(ServerError), "a_5xx_says_alike_in_every_world_what_it_is"),
    (_pretending(Hold), "a_held_commit_commits_though_its_sender_gave_up"),
    (_pretending(Latency), "latency_delays_both_legs_and_leaves_one_receipt"),
    (_pretending(Partition), "a_partition_closes_nothing_until_it_heals"),
    (_pretending(PoolExhausted), "a_database_whose_sessions_are_in_use_refuses_what_would_begin_one"),
    (_bad(CutsOff), "a_database_whose_sessions_are_in_use_refuses_what_would_begin_one"),
    (_bad(CutsOff), "a_transaction_that_has_begun_keeps_its_session"),
    (_bad(HealsAtTheEnd), "a_heal_gives_sessions_again"),
    (_pretending(Crash), "a_crashed_service_refuses_until_it_is_back"),
    (_pretending(Pause), "a_paused_service_answers_late"),
    (_pretending(Restart), "a_restart_is_orderly"),
    (_pretending(CacheLoss), "a_lost_cache_forgets_and_stays_up"),
    (_pretending(PollTimeout), "a_member_that_is_put_out_is_given_its_record_again"),
    (_bad(OnlyHolds), "a_member_that_is_put_out_is_given_its_record_again"),
    (_bad(OnlyHolds), "the_commit_of_a_member_that_was_put_out_is_refused"),
    (_pretending(PollTimeout), "who_is_in_no_group_is_put_out_of_none"),
    (
        _pretending(Retention),
        "who_was_away_while_records_were_deleted_goes_on_with_the_earliest_that_is_left",
    ),
    (_pretending(Retention), "records_that_were_read_are_not_missed"),
    (_pretending(KeyEviction), "a_cache_that_evicts_keys_loses_those_alone"),
    (_pretending(KeyEviction), "keys_are_evicted_where_there_are_any_and_from_a_cache_alone"),
    (_bad(EvictsTheOthers), "a_cache_that_evicts_keys_loses_those_alone"),
    (_pretending(ClockStep), "a_clock_step_moves_one_wall_clock_and_no_other"),
    (_bad(WrongLeg), "a_crash_at_commit_rolls_back_before_it_and_keeps_after_it"),
    (_bad(WrongLeg), "a_dropped_http_message_is_silence_until_the_senders_timeout"),
    (_bad(HoldsShort), "a_held_commit_commits_though_its_sender_gave_up"),
    (_bad(HoldsShort), "a_held_answer_comes_late"),
    (_bad(SeesNoCache), "a_change_of_the_cache_is_an_effect_and_a_look_is_none"),
    (_bad(SeesNoCache), "a_cache_command_that_arrives_twice_is_two_effects"),
    (_bad(WrongLeg), "a_change_whose_answer_is_lost_is_an_effect_all_the_same"),
    (WithoutRoles, "a_boundary_counts_across_replicas"),
    (WithoutRoles, "a_message_fault_hits_the_replica_whose_message_it_is"),
    (WithoutRoles, "a_timed_fault_of_a_role_hits_every_replica"),
    (WithoutRoles, "a_partition_of_a_role_cuts_every_replica_off"),
    *(
        (_bad(AsksTheFirst), clause)
        for clause in (
            "requests_to_a_role_go_to_each_replica_in_turn",
            "two_replicas_work_at_once",
            "a_replica_that_is_down_is_passed_over",
            "a_role_refuses_while_every_replica_is_down",
            "a_replica_that_stands_still_or_is_cut_off_gets_its_share",
            "a_message_to_a_role_hits_the_replica_that_gets_it",
        )
    ),
    (_pretending(Crash), "a_role_refuses_while_every_replica_is_down"),
    (_bad(NamesOtherwise), "boundaries_are_named_alike_in_every_world"),
)
