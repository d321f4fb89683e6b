"""The roles of the saga: its instances, its steps with what undoes them, its ends, and the quantities it moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from shaketable.errors import UsageError
from shaketable.mapping.consumers import Consumer
from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.roles import Becomes, Effect, Role, Rows, Value
from shaketable_patterns.saga.graph import precedence


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a saga. The `of` of all its effects is the instance's.

    `do` is what takes something, `undo` what gives it back; amounts are exact numbers, with decimals or without. Without an amount of its own each
    `do` counts as 1, and each `undo` as the latest `do`. `amount` is where the instance's row says how much `do` must
    come to; `same` are further values of `do` that must be those of the instance: value of the effect to value of the
    row. `resource` decides what a mistake is called. `after` are the steps that it follows; steps that do not follow
    each other are parallel branches.

    `failed` says that the step failed. `pending` are states and requests that mean an undo is durably under way, and
    `finished` the state by which its participant says that it is done. Its row, like that of `do` and `undo`, must not go
    by a DELETE. `given_up` are the letters that mean that the undo failed and was given up for now.

    `done` and `undone` are the words for messages, such as "charged" and "refunded".
    """

    name: str
    do: Effect
    undo: Effect | None = None
    resource: Literal["money", "stock", "other"] = "other"
    amount: Value = ""
    same: Mapping[Value, Value] = {}
    after: tuple[str, ...] = ()
    failed: tuple[Effect, ...] = ()
    pending: tuple[Effect, ...] = ()
    finished: Becomes | None = None
    given_up: tuple[Letter, ...] = ()
    done: str = ""
    undone: str = ""

    @property
    def is_done(self) -> str:
        """The word for messages: "charged"."""
        return self.done or f"done by {self.name}"

    @property
    def is_undone(self) -> str:
        """The word for messages: "refunded"."""
        return self.undone or f"undone by {self.name}"

    @property
    def rows(self) -> tuple[Becomes, ...]:
        """The states of rows in which the step is kept."""
        return tuple(one for one in (self.do, self.undo, self.finished) if isinstance(one, Becomes))


class Conserved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quantity of which instances take: rows such as the stock of an item.

    No part may fall below zero, and the sum of `parts` stays what it was. `held` is the part that was set aside: it equals
    what the step `by` holds of it, for all instances together. `of` names the quantity in its row, `by_of` in the
    step's `do`. Where both are rows of one database this holds after every commit, else once all is quiet.
    """

    rows: Rows
    of: Value
    parts: tuple[Value, ...]
    held: Value = ""
    by: str = ""
    by_of: Value = ""


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An outcome by its name, and the effect that shows it."""

    name: str
    shown: Effect


class Tells(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An effect that tells how an instance ended, such as a mail to the customer; its `of` is the instance.

    `says` is its text or template; `words` is what it may be called for which end, and must not be for another. Where a
    consumer does it, `event` is the id of the event it was told of, and `words` are by type of event; else by status.
    """

    effect: Effect
    says: Value
    words: Mapping[str, str]
    event: Value = ""
    by: Consumer | None = None


class Driver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An orchestrator: the processes that tell participants what to do, any of which may crash and must be able to go on.

    `log` are the rows in which it keeps how far each instance is (`of`). A row's `epoch` grows whenever a process claims it, and only
    the process that made it grow may write the row until it grows again. `files` is the word under which its own dead letters
    say who gave something up: a redrive must be able to end those.
    """

    processes: tuple[str, ...]
    log: Rows | None = None
    of: Value = ""
    epoch: Value = ""
    files: str = ""


class Saga(Role, frozen=True, kw_only=True, tag="saga"):
    """One saga. An instance begins when its row becomes `instance`, and its `status` says how far it is. What began before
    the run is not judged.

    `ends` are the terminal statuses, each with the names of the steps that stand then; `backward` those, terminal or not,
    in which compensation has begun. `exclusive` are groups of outcomes of which an instance may have only one. `waits`
    are the letters by which an instance waits visibly. `consumers` are the groups that move an instance by what they are
    given. Ops that play `begin`, `repeat` or `poison` say which instances were accepted: all of them, or those of the
    names `ops` where a system has several sagas. `drivers` are its orchestrators; a choreography has none.
    """

    instance: Becomes
    status: Value
    steps: tuple[Step, ...]
    ends: Mapping[str, tuple[str, ...]] = {}
    backward: tuple[str, ...] = ()
    exclusive: tuple[tuple[Outcome, ...], ...] = ()
    conserved: tuple[Conserved, ...] = ()
    waits: tuple[Letter, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    tells: tuple[Tells, ...] = ()
    ops: tuple[str, ...] = ()
    drivers: tuple[Driver, ...] = ()

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise UsageError(f"two steps are called {twice!r}; give each a name of its own")
        precedence({step.name: step.after for step in self.steps})
        named = {f"the end {end!r}": standing for end, standing in self.ends.items()}
        named |= {f"the quantity {one.rows.table!r}": (one.by,) for one in self.conserved if one.by}
        for what, steps in named.items():
            unknown = next((name for name in steps if name not in names), None)
            if unknown is not None:
                raise UsageError(
                    f"{what} names step {unknown!r}, and there is no such step; there are {', '.join(names)}"
                )
