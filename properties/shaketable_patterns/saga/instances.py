"""One instance of a saga: how its status moved, what its steps took and gave back, what was asked and given up."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shaketable.checkers.conservation import Movement
from shaketable.mapping.happenings import Happening
from shaketable.mapping.letters import Filed
from shaketable.mapping.ops import Asked
from shaketable.mapping.views import Change
from shaketable_patterns.saga.roles import Step

DELETED = "deleted"


class Move(msgspec.Struct, frozen=True, gc=False):
    """A committed write of an instance's row. `before` is the status that it had."""

    at: int
    before: str
    after: str

    @property
    def enters(self) -> bool:
        """Whether the status became another one."""
        return self.before != self.after


class Taken:
    """What became of one step of one instance."""

    __slots__ = ("dos", "failed", "finished", "given_up", "movements", "pending", "undos")

    def __init__(self) -> None:
        # Most stay empty, and a list for each would cost more than all the rest of a long history.
        self.dos: Sequence[Happening] = ()
        self.undos: Sequence[Happening] = ()
        self.movements: Sequence[Movement] = ()
        """What it took (above 0) and gave back (below 0); one for all that happened in the same commit."""
        self.failed: Sequence[int] = ()
        self.pending: Sequence[Movement] = ()
        """What means that an undo is under way came (1) and went (-1)."""
        self.finished: Sequence[Movement] = ()
        """The participant says that the undo is done (1), or no longer (-1)."""
        self.given_up: Sequence[Filed] = ()

    @property
    def net(self) -> int:
        """What stands at the end."""
        return sum(movement.amount for movement in self.movements)

    def net_by(self, at: int) -> int:
        """What stood at the event at this index."""
        return _sum_by(self.movements, at)

    def undo_under_way(self, at: int) -> bool:
        """Tell whether an undo was durably asked for by then, or said to be done."""
        return _sum_by(self.pending, at) > 0 or _sum_by(self.finished, at) > 0

    @property
    def done_at(self) -> int:
        """Where it first took something; -1 if it never did."""
        return next((movement.at for movement in self.movements if movement.amount > 0), -1)

    @property
    def undone_at(self) -> int:
        """Where it first gave something back; -1 if it never did."""
        return next((movement.at for movement in self.movements if movement.amount < 0), -1)

    def balance(self, step: Step) -> None:
        """Make the movements from the effects."""
        undo = step.undo
        if not self.undos and len(self.dos) == 1:
            done = self.dos[0]
            self.movements = (Movement(done.at, done.amount if step.do.amount else 1),)
            return
        latest = 1
        sums: dict[int, int] = {}
        both = [(one.at, True, one) for one in self.dos] + [(one.at, False, one) for one in self.undos]
        for at, is_do, one in sorted(both, key=lambda entry: entry[0]):
            if is_do:
                latest = one.amount if step.do.amount else 1
                sums[at] = sums.get(at, 0) + latest
            else:
                back = one.amount if undo is not None and undo.amount else latest
                sums[at] = sums.get(at, 0) - back
        self.movements = [Movement(at, amount) for at, amount in sums.items() if amount]


NOTHING = Taken()
"""A step of which nothing happened."""


class Instance:
    """One instance of a saga, from wherever it shows: its row, an op that began it, or an effect."""

    __slots__ = ("begun", "moves", "name", "row", "taken")

    def __init__(self, name: str) -> None:
        self.name = name
        self.begun: list[Asked] = []
        self.row: Change | None = None
        """Its row as it was when it began; None if it never had one."""
        self.moves: list[Move] = []
        self.taken: dict[str, Taken] = {}

    @property
    def status(self) -> str:
        """Its status now; "" when it never had a row that changed."""
        return self.moves[-1].after if self.moves else ""

    @property
    def since(self) -> int:
        """Where its row was last written, or where it was first asked for; -1 if neither."""
        if self.moves:
            return self.moves[-1].at
        return self.begun[0].at if self.begun else -1

    @property
    def is_known(self) -> bool:
        """Whether it has a row, or a client asked for it."""
        return self.row is not None or bool(self.begun)

    def step(self, name: str) -> Taken:
        """What became of this step."""
        return self.taken.get(name, NOTHING)

    def of_step(self, name: str) -> Taken:
        """The same, to be filled."""
        taken = self.taken.get(name)
        if taken is None:
            taken = self.taken[name] = Taken()
        return taken


def _sum_by(movements: Sequence[Movement], at: int) -> int:
    return sum(movement.amount for movement in movements if movement.at <= at)
