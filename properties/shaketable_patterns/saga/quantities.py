"""SG-1 and SG-2: quantities that instances take from add up, and are set aside for what the instances hold."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shaketable.checkers.conservation import Quantity
from shaketable.checkers.tally import Tally
from shaketable.mapping.exact_readers import quantities
from shaketable.mapping.history_index import Change
from shaketable.mapping.quantity import in_digits
from shaketable.mapping.roles import Becomes
from shaketable.mapping.value_paths import Read, compiled, text
from shaketable_patterns.saga.facts import SagaFacts, Sagas
from shaketable_patterns.saga.roles import Conserved, Step


class _Held(msgspec.Struct, frozen=True, gc=False):
    """A step took (above 0) or gave back (below 0) this much of a quantity."""

    at: int
    of: str
    amount: Quantity


class _Reads:
    __slots__ = ("held", "of", "parts")

    def __init__(self, one: Conserved) -> None:
        self.of: Read = compiled(one.of)
        where = f"saga.conserved of {one.rows.database}.{one.rows.table}"
        self.held = quantities(one.held, f"{where}, held")
        self.parts = [(path.rpartition(".")[2], quantities(path, f"{where}, parts")) for path in one.parts]

    def amounts(self, change: Change) -> list[tuple[str, Quantity]]:
        return [(name, read(change)) for name, read in self.parts]


def quantities_add_up(sagas: Sagas, tally: Tally) -> None:
    """Judge SG-2: after every commit that touches it, no part is below zero and the sum is what there was."""
    for facts in sagas:
        for one in facts.role.conserved:
            reads = _Reads(one)
            totals = {
                text(reads.of(row)): sum(amount for _, amount in reads.amounts(row))
                for row in _initial(facts, one)
            }
            for change in _last_of_each_commit(facts, one, reads):
                tally.exercised += 1
                _adds_up(change, reads, totals, tally)


def _adds_up(change: Change, reads: _Reads, totals: dict[str, Quantity], tally: Tally) -> None:
    of = text(reads.of(change))
    amounts = reads.amounts(change)
    before = -1 if change.before is None else change.before.at
    for name, amount in amounts:
        if amount < 0:
            tally.breach(
                "oversold",
                f"{in_digits(-amount)} {name} of {of} were given away that did not exist",
                before,
                change.at,
                about=(of,),
            )
    now = sum(amount for _, amount in amounts)
    total = totals.setdefault(of, now)
    if now != total:
        said = " and ".join(f"{in_digits(amount)} {name}" for name, amount in amounts)
        tally.breach(
            "stock-not-conserved",
            f"{said} of {of} are not the {in_digits(total)} there were",
            before,
            change.at,
            about=(of,),
        )


def set_aside_is_held(sagas: Sagas, tally: Tally) -> None:
    """Judge SG-2: after every commit that touches it, what is set aside is what the step holds, all instances together."""
    for facts in sagas:
        for one, step in _with_steps(facts):
            if not _in_one_database(one, step):
                continue
            reads = _Reads(one)
            held = _held_before(facts, one, reads)
            waiting = iter(_movements(facts, one, step))
            following = next(waiting, None)
            for change in _last_of_each_commit(facts, one, reads):
                tally.exercised += 1
                while following is not None and following.at <= change.at:
                    held[following.of] = held.get(following.of, 0) + following.amount
                    following = next(waiting, None)
                _is_held(change, reads, held, step, tally)


def _is_held(change: Change, reads: _Reads, held: dict[str, Quantity], step: Step, tally: Tally) -> None:
    of = text(reads.of(change))
    aside, needed = reads.held(change), held.get(of, 0)
    before = -1 if change.before is None else change.before.at
    if aside > needed:
        tally.breach(
            "double-reservation",
            f"{in_digits(aside)} of {of} are set aside, and {in_digits(needed)} of them are {step.is_done}",
            before,
            change.at,
            about=(of,),
        )
    elif aside < needed:
        tally.breach(
            "stock-not-conserved",
            f"{in_digits(needed)} of {of} are {step.is_done} and only {in_digits(aside)} set aside",
            before,
            change.at,
            about=(of,),
        )


def set_aside_for_instances(sagas: Sagas, tally: Tally) -> None:
    """Judge SG-1: once all is quiet, nothing is set aside that no instance holds."""
    for facts in sagas:
        if facts.index.unsettled:
            continue
        for one, step in _with_steps(facts):
            reads = _Reads(one)
            held = _held_before(facts, one, reads)
            for movement in _movements(facts, one, step):
                held[movement.of] = held.get(movement.of, 0) + movement.amount
            last = {text(reads.of(change)): change for change in _last_of_each_commit(facts, one, reads)}
            for of, change in last.items():
                tally.exercised += 1
                surplus = reads.held(change) - held.get(of, 0)
                if surplus > 0:
                    tally.breach(
                        "stock-leaked",
                        f"{in_digits(surplus)} of {of} are set aside and not {step.is_done}",
                        change.at,
                        about=(of,),
                    )


def _with_steps(facts: SagaFacts) -> Iterator[tuple[Conserved, Step]]:
    for one in facts.role.conserved:
        for step in facts.role.steps:
            if one.held and step.name == one.by:
                yield one, step


def _in_one_database(one: Conserved, step: Step) -> bool:
    effects = (step.do,) if step.undo is None else (step.do, step.undo)
    return all(isinstance(e, Becomes) and e.rows.database == one.rows.database for e in effects)


def _initial(facts: SagaFacts, one: Conserved) -> list[Change]:
    mine = one.rows.has
    found = facts.index.initial.get((one.rows.database, one.rows.table), ())
    return [row for row in found if mine(row)]


def _held_before(facts: SagaFacts, one: Conserved, reads: _Reads) -> dict[str, Quantity]:
    return {text(reads.of(row)): reads.held(row) for row in _initial(facts, one)}


def _movements(facts: SagaFacts, one: Conserved, step: Step) -> list[_Held]:
    """List what the step took and gave back of each quantity, in the order of the history."""
    of = compiled(one.by_of)
    found = [
        _Held(moved.at, text(of(moved.what)), amount)
        for instance in (*facts.instances.values(), *facts.older.values())
        for moved, amount in instance.step(step.name).moved(step)
    ]
    found.sort(key=lambda held: held.at)
    return found


def _last_of_each_commit(facts: SagaFacts, one: Conserved, reads: _Reads) -> list[Change]:
    mine = one.rows.has
    last: dict[tuple[int, str], Change] = {}
    for change in facts.index.changes_of(one.rows.database, one.rows.table):
        if change.verb != "delete" and mine(change):
            last[change.commit, text(reads.of(change))] = change
    return list(last.values())
