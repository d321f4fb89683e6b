"""What a client's ops mean to a pattern: beginning, repeating, misusing a key, redriving, reading."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Literal

import msgspec

from shaketable.history import Json, Op
from shaketable.mapping.answer_reference import answers_of, resolved
from shaketable.mapping.conditions import Where, holds
from shaketable.mapping.history_index import HistoryIndex
from shaketable.mapping.roles import Role, Value
from shaketable.mapping.value_paths import Source, compiled, text

_encoded = msgspec.json.Encoder().encode

Plays = Literal["begin", "repeat", "other-payload", "poison", "publish", "redrive", "read"]


class OpRole(Role, frozen=True, kw_only=True, dict=True, tag="op"):
    """One op and what it plays. `of` says what it is about, `key` under which idempotency key, as values of `field.*`.

    `payload` are the fields that make two requests the same, with what the op adds to them; `status` is where its answer
    says how it ended (`answer.status`).
    """

    op: str
    plays: Plays
    of: Value = ""
    key: Value = ""
    payload: tuple[Value, ...] = ()
    where: Where = {}

    @cached_property
    def identity(self) -> str:
        """Return a text that declarations which say the same have in common."""
        return repr(self)


class _Request(msgspec.Struct, Source, gc=False):
    """An op as what its values are read from."""

    field: Json
    answer: Json


class Asked(msgspec.Struct, frozen=True, gc=False):
    """An op as what it plays. `at` is where it was invoked.

    `payload` is as text, `exactly` with what each value is in JSON: 0 and "0" are another payload to some subjects and the
    same to others. So two requests are certainly of one payload if they agree exactly, of two if they differ as text.
    """

    op: Op
    at: int
    plays: Plays
    of: str
    key: str
    payload: tuple[str, ...]
    exactly: bytes

    @property
    def returned(self) -> int:
        """Where it completed; -1 when it never did."""
        return -1 if self.op.completed is None else self.op.completed.index

    @property
    def status(self) -> Json:
        """The status of its answer; None when the subject itself gave none (the network on the way to it did)."""
        return self.op.result.get("status") if isinstance(self.op.result, dict) else None

    @property
    def refused(self) -> bool:
        """Whether the subject itself said no."""
        return self.op.outcome == "fail" and self.status is not None


def players(roles: tuple[OpRole, ...]) -> dict[Plays, tuple[str, ...]]:
    """Return the names of the ops that play each role, in the order of `roles`."""
    found: dict[Plays, tuple[str, ...]] = {}
    for role in roles:
        names = found.get(role.plays, ())
        if role.op not in names:
            found[role.plays] = (*names, role.op)
    return found


def asked(roles: tuple[OpRole, ...], index: HistoryIndex, *plays: Plays) -> list[Asked]:
    """List the ops that play one of `plays` (any if none is given), in order of invocation.

    What one op plays is decided by the first of `roles` that it agrees with.
    """
    found: dict[int, Asked] = {}
    for role in roles:
        if not plays or role.plays in plays:
            for one in index.once(("asked", role.identity), partial(_asked_as, role, index)):
                found.setdefault(one.at, one)
    return [found[at] for at in sorted(found)]


def _asked_as(role: OpRole, index: HistoryIndex) -> list[Asked]:
    wanted, of, key = holds(role.where), compiled(role.of), compiled(role.key)
    reads = [compiled(path) for path in role.payload]
    found = []
    answers = answers_of(index.ops)
    for op in index.ops(role.op):
        source = _Request(resolved(op.invoked.value, answers), op.result)
        if wanted(source):
            values = [read(source) for read in reads]
            same, exactly = tuple([text(value) for value in values]), _encoded(values)
            found.append(
                Asked(op, op.invoked.index, role.plays, text(of(source)), text(key(source)), same, exactly)
            )
    return found
