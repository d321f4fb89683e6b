"""SG-6: one instance's saga never touches another's, and two instances of a service never do the same twice."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.consumers import ConsumerFacts, Given
from shaketable.mapping.happenings import happenings, records_of
from shaketable.mapping.history_index import Append
from shaketable.mapping.quantity import in_digits
from shaketable.mapping.roles import Record
from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.saga.facts import SagaFacts, Sagas
from shaketable_patterns.saga.instances import Instance, Taken
from shaketable_patterns.saga.roles import Step, Tells


def two_services_do_it_once(sagas: Sagas, tally: Tally) -> None:
    """Judge that what two instances of a group were both given is done at most once."""
    for facts in sagas:
        for consumer in (*facts.consumers, *facts.tellers):
            if not consumer.once:
                continue
            for given in consumer.repeated:
                if given.process != given.first_process:
                    tally.exercised += 1
                    _done_by_two(consumer, given, tally)


def _done_by_two(consumer: ConsumerFacts, given: Given, tally: Tally) -> None:
    for once in consumer.once:
        done = once.get(consumer.key(given), ())
        if len(done) > 1 and done[-1].at > given.at:
            tally.breach(
                "doubled-by-instances",
                f"{given.first_process} and {given.process} both handled {given.type or 'a record'} of {given.of}, "
                f"and it was done {len(done)} times",
                given.first,
                given.at,
                *(effect.at for effect in done[-2:]),
                about=(given.of,),
            )


def effects_carry_their_own_data(sagas: Sagas, tally: Tally) -> None:
    """Judge that a step takes what its own instance asked for, where there are two that could be taken for each other."""
    for facts in sagas:
        if len(facts.instances) < 2:
            continue
        pairs = {
            step.name: [(compiled(mine), path, compiled(path)) for mine, path in step.same.items()]
            for step in facts.role.steps
        }
        for instance in facts.instances.values():
            if instance.row is None:
                continue
            for step, taken in facts.each_step(instance):
                tally.exercised += len(taken.dos)
                if step.amount:
                    _own_amount(facts, instance, step, taken, tally)
                for read, path, wanted in pairs[step.name]:
                    for done in taken.dos:
                        got, asked_for = text(read(done.what)), text(wanted(instance.row))
                        if got != asked_for:
                            label = path.rpartition(".")[2]
                            _crossed(instance, step, done.at, f"{label} {asked_for}", f"{label} {got}", tally)


def _own_amount(facts: SagaFacts, instance: Instance, step: Step, taken: Taken, tally: Tally) -> None:
    wanted = facts.amount(instance, step)
    for movement in taken.movements:
        if movement.amount > 0 and movement.amount != wanted:
            _crossed(
                instance,
                step,
                movement.at,
                "nothing" if wanted is None else in_digits(wanted),
                in_digits(movement.amount),
                tally,
            )


def _crossed(instance: Instance, step: Step, at: int, wanted: str, got: str, tally: Tally) -> None:
    tally.breach(
        "crossed-sagas",
        f"{instance.name} asked for {wanted}, and {got} {step.is_done}",
        instance.row.at if instance.row is not None else -1,
        at,
        about=(instance.name,),
    )


def effects_have_an_instance(sagas: Sagas, tally: Tally) -> None:
    """Judge that every effect of a step is of an instance that began or was asked for."""
    for facts in sagas:
        if len(facts.instances) < 2:
            continue
        for instance in facts.instances.values():
            moved = [movement for taken in instance.taken.values() for movement in taken.movements]
            if not moved:
                continue
            tally.exercised += len(moved)
            if facts.is_stranger(instance):
                tally.breach(
                    "effect-for-nobody",
                    f"{instance.name!r} was never begun, yet it has effects",
                    min(movement.at for movement in moved),
                    about=(instance.name,),
                )


def ends_are_told_rightly(sagas: Sagas, tally: Tally) -> None:
    """Judge that what tells of an end is about the instance of its event, and says what the event says."""
    for facts in sagas:
        for tells in facts.role.tells:
            if tells.by is not None and tells.event:
                _as_its_event_says(facts, tells, tells.by.takes, tally)
            else:
                _as_its_status_says(facts, tells, tally)


def _as_its_event_says(facts: SagaFacts, tells: Tells, takes: Record, tally: Tally) -> None:
    event, says = compiled(tells.event), compiled(tells.says)
    announced: dict[str, Append] = {}
    for record in records_of(takes.topics, facts.index):
        if takes.is_so(record):
            announced.setdefault(text(takes.read_id(record)), record)
    for told in happenings(tells.effect, facts.index):
        about = announced.get(text(event(told.what)))
        if about is None:
            continue
        tally.exercised += 1
        said, type_, name = text(says(told.what)), text(takes.read_type(about)), text(takes.read_of(about))
        if told.of != name or _others(tells, said, {type_}):
            tally.breach(
                "crossed-sagas",
                f"{type_} of {name} was told as {said!r} about {told.of}",
                about.at,
                told.at,
                about=(name, told.of),
            )


def _as_its_status_says(facts: SagaFacts, tells: Tells, tally: Tally) -> None:
    says = compiled(tells.says)
    reached: dict[str, dict[str, int]] = {}
    for told in happenings(tells.effect, facts.index):
        instance = facts.instances.get(told.of)
        if instance is None or not instance.moves:
            continue
        tally.exercised += 1
        firsts = reached.get(told.of)
        if firsts is None:
            firsts = reached[told.of] = {move.after: move.at for move in reversed(instance.moves)}
        said = text(says(told.what))
        if _others(tells, said, {status for status, at in firsts.items() if at <= told.at}):
            tally.breach(
                "crossed-sagas",
                f"{told.of} was told as {said!r}, and it was {instance.status_before(told.at) or 'not begun'}",
                instance.since,
                told.at,
                about=(told.of,),
            )


def _others(tells: Tells, said: str, keys: set[str]) -> bool:
    """Tell whether a text names another end than those of `keys`, and not merely as a part of their own words."""
    said = said.lower()
    for key in keys:
        said = said.replace(tells.words.get(key, "").lower() or "\0", "")
    return any(word.lower() in said for key, word in tells.words.items() if key not in keys)
