"""What a client's ops mean to a pattern: beginning, repeating, misusing a key, redriving, reading."""

from __future__ import annotations

from typing import Literal

import msgspec

from shaketable.history import Json, Op
from shaketable.mapping.answer_reference import answers_of, resolved
from shaketable.mapping.roles import Role, Value
from shaketable.mapping.values import compiled, text
from shaketable.mapping.views import Views
from shaketable.mapping.where import Where, holds

Plays = Literal["begin", "repeat", "other-payload", "poison", "publish", "redrive", "read"]


class OpRole(Role, frozen=True, kw_only=True, tag="op"):
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


class Asked(msgspec.Struct, frozen=True):
    """An op as what it plays."""

    op: Op
    plays: Plays
    of: str
    key: str
    payload: tuple[str, ...]

    @property
    def at(self) -> int:
        """Where it was invoked."""
        return self.op.invoked.index

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


def asked(roles: tuple[OpRole, ...], views: Views, *plays: Plays) -> list[Asked]:
    """List the ops that play one of `plays` (any if none is given), in order of invocation."""
    by_name: dict[str, list[OpRole]] = {}
    for role in roles:
        if not plays or role.plays in plays:
            by_name.setdefault(role.op, []).append(role)
    compiled_roles = {
        id(role): (
            holds(role.where),
            compiled(role.of),
            compiled(role.key),
            [compiled(path) for path in role.payload],
        )
        for found in by_name.values()
        for role in found
    }
    result = []
    answers = answers_of(views.ops)
    for op in views.ops(*by_name) if by_name else ():
        source = {"field": resolved(op.invoked.value, answers), "answer": op.result}
        for role in by_name[op.name]:
            wanted, of, key, payload = compiled_roles[id(role)]
            if wanted(source):
                same = tuple(text(read(source)) for read in payload)
                result.append(Asked(op, role.plays, text(of(source)), text(key(source)), same))
                break
    return result
