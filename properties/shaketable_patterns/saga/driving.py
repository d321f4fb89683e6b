"""SG-6 and SG-8 of orchestrators: one process at a time drives an instance, and after a crash one of them goes on with it."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.history import Event
from shaketable.mapping.history_index import Change
from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.saga.facts import SagaFacts, Sagas
from shaketable_patterns.saga.instances import Instance
from shaketable_patterns.saga.roles import Driver


def written_by_who_claimed_it(sagas: Sagas, tally: Tally) -> None:
    """Judge that a row of the log is written only by the process that claimed it last: it made the row's epoch another one.

    A process that stalled, or sends its last statement late, finds the epoch changed and must write nothing.
    """
    for facts in sagas:
        for driver in facts.role.drivers:
            if driver.log is None or not driver.epoch:
                continue
            claims: dict[str, Change] = {}
            of, epoch = compiled(driver.of), compiled(driver.epoch)
            for change in facts.index.changes_of(driver.log.database, driver.log.table):
                if change.before is None or change.verb == "delete" or not driver.log.has(change):
                    continue  # to begin an instance, or to sweep it away, needs no claim
                name = text(of(change))
                claim = claims.get(name)
                if text(epoch(change)) != text(epoch(change.before)):
                    if claim is not None and claim.process != change.process:
                        tally.exercised += 1
                    claims[name] = change
                elif claim is not None and claim.process and change.process:
                    _written(name, claim, change, tally)


def _written(name: str, claim: Change, change: Change, tally: Tally) -> None:
    # Where it could not be told who wrote, nothing is said of it.
    if change.process != claim.process:
        tally.breach(
            "written-by-two",
            f"{change.process} wrote how far {name} is, which {claim.process} had claimed before and still held",
            claim.at,
            change.at,
            about=(name,),
        )


def goes_on_after_a_crash(sagas: Sagas, tally: Tally) -> None:
    """Judge that an instance that was under way when its orchestrator crashed has ended, once all is quiet, or waits visibly."""
    for facts, driver in _driven(sagas):
        for instance, crash in _under_way(facts, driver):
            if _goes_back(facts, instance, crash.index):
                continue
            tally.exercised += 1
            _has_ended(facts, instance, crash, tally, "not-resumed")


def goes_back_after_a_crash(sagas: Sagas, tally: Tally) -> None:
    """Judge the same of an instance of which a step had been undone by then, or whose status had gone backward."""
    for facts, driver in _driven(sagas):
        for instance, crash in _under_way(facts, driver):
            if not _goes_back(facts, instance, crash.index):
                continue
            tally.exercised += 1
            _has_ended(facts, instance, crash, tally, "undo-not-resumed")


def _driven(sagas: Sagas) -> Iterator[tuple[SagaFacts, Driver]]:
    for facts in sagas:
        if not facts.index.unsettled:
            for driver in facts.role.drivers:
                yield facts, driver


def _under_way(facts: SagaFacts, driver: Driver) -> Iterator[tuple[Instance, Event]]:
    """Yield each instance that had begun and not ended when a process of its orchestrator crashed, with the last such crash."""
    crashes = [e for e in facts.index.events if e.kind == "crash" and e.process in driver.processes]
    if not crashes:
        return
    for instance in facts.instances.values():
        if not instance.moves:
            continue
        begun = instance.moves[0].at
        struck = [
            crash
            for crash in crashes
            if begun < crash.index and instance.status_before(crash.index) not in facts.role.ends
        ]
        if struck:
            yield instance, struck[-1]


def _goes_back(facts: SagaFacts, instance: Instance, at: int) -> bool:
    """Tell whether a step had been undone by then, or the status had gone backward."""
    undone = any(0 <= taken.undone_at < at for taken in instance.taken.values())
    return undone or instance.status_before(at) in facts.role.backward


def _has_ended(facts: SagaFacts, instance: Instance, crash: Event, tally: Tally, anomaly: str) -> None:
    if not facts.ended(instance) and not facts.waits(instance):
        tally.breach(
            anomaly,
            f"{instance.name} was {instance.status_before(crash.index)} when {crash.process} crashed, "
            f"and stays {instance.status}",
            instance.moves[0].at,
            crash.index,
            instance.since,
            about=(instance.name,),
        )
