"""One instance of a saga: how its status moved, what its steps took and gave back, what was asked and given up."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

import msgspec

from shaketable.checkers.conservation import Movement, Quantity
from shaketable.mapping.dead_letters import Filed
from shaketable.mapping.happenings import Happening
from shaketable.mapping.history_index import Change
from shaketable.mapping.ops import Asked
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


class Account:
    """Movements in the order of the history, and what stood after each."""

    __slots__ = ("_ats", "_sums", "movements")

    def __init__(self, movements: Sequence[Movement] = ()) -> None:
        self.movements = movements
        self._ats: list[int] | None = None
        self._sums: list[Quantity] = []

    @property
    def net(self) -> Quantity:
        """What stands at the end."""
        return sum(movement.amount for movement in self.movements)

    def by(self, at: int) -> Quantity:
        """Return what stood after the event at this index."""
        if len(self.movements) < _FEW:
            return sum(movement.amount for movement in self.movements if movement.at <= at)
        if self._ats is None:
            self._ats = [movement.at for movement in self.movements]
            self._sums = list(accumulate(movement.amount for movement in self.movements))
        known = bisect_right(self._ats, at)
        return self._sums[known - 1] if known else 0


NEVER = Account()
_FEW = 5
"""So many movements are added up faster than looked up."""


class Taken:
    """What became of one step of one instance."""

    __slots__ = ("dos", "failed", "finished", "given_up", "pending", "taken", "undos")

    def __init__(self) -> None:
        # Most stay empty, and a list for each would cost more than all the rest of a long history.
        self.dos: Sequence[Happening] = ()
        self.undos: Sequence[Happening] = ()
        self.taken = NEVER
        """What it took (above 0) and gave back (below 0); one movement for all that happened in the same commit."""
        self.failed: Sequence[int] = ()
        self.pending = NEVER
        """What means that an undo is under way came (1) and went (-1)."""
        self.finished = NEVER
        """The participant says that the undo is done (1), or no longer (-1)."""
        self.given_up: Sequence[Filed] = ()

    @property
    def movements(self) -> Sequence[Movement]:
        """What it took and gave back."""
        return self.taken.movements

    @property
    def net(self) -> Quantity:
        """What stands at the end."""
        return self.taken.net

    def net_by(self, at: int) -> Quantity:
        """Return what stood after the event at this index."""
        return self.taken.by(at)

    def undo_under_way(self, at: int) -> bool:
        """Tell whether an undo was durably asked for by then, or said to be done."""
        return self.pending.by(at) > 0 or self.finished.by(at) > 0

    @property
    def done_at(self) -> int:
        """Where it first took something; -1 if it never did."""
        return next((movement.at for movement in self.movements if movement.amount > 0), -1)

    @property
    def undone_at(self) -> int:
        """Where it first gave something back; -1 if it never did."""
        return next((movement.at for movement in self.movements if movement.amount < 0), -1)

    def moved(self, step: Step) -> list[tuple[Happening, Quantity]]:
        """List each effect with how much it took (above 0) or gave back (below 0), in the order of the history."""
        counts, tells = step.do.amount, step.undo is not None and step.undo.amount
        if not self.undos:
            return [(one, one.amount if counts else 1) for one in self.dos]
        both = [(one, True) for one in self.dos] + [(one, False) for one in self.undos]
        both.sort(key=lambda entry: entry[0].at)
        found: list[tuple[Happening, Quantity]] = []
        latest: Quantity = 1
        for one, is_do in both:
            if is_do:
                latest = one.amount if counts else 1
            found.append((one, latest if is_do else -one.amount if tells else -latest))
        return found

    def balance(self, step: Step) -> None:
        """Make the movements from the effects."""
        sums: dict[int, Quantity] = {}
        for one, amount in self.moved(step):
            sums[one.at] = sums.get(one.at, 0) + amount
        self.taken = Account([Movement(at, amount) for at, amount in sums.items() if amount])


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

    def status_before(self, at: int) -> str:
        """Return its status before the event at this index; "" before it began."""
        known = bisect_left(self.moves, at, key=lambda move: move.at)
        return self.moves[known - 1].after if known else ""

    @property
    def is_known(self) -> bool:
        """Whether it has a row, or a client asked for it."""
        return self.row is not None or bool(self.begun)

    def step(self, name: str) -> Taken:
        """Return what became of this step."""
        return self.taken.get(name, NOTHING)

    def of_step(self, name: str) -> Taken:
        """Return the same, to be filled."""
        taken = self.taken.get(name)
        if taken is None:
            taken = self.taken[name] = Taken()
        return taken
