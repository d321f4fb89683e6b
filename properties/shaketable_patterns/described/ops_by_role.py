"""The ops of a described system by what they play: the values with which each of them begins, repeats or misuses something.

One op may play several roles: `where` of a role is a condition on its fields, and an op plays the first role that it agrees
with. An op without a role begins something.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

import msgspec

from shaketable.descriptions.description import Description, OpText
from shaketable.history import Json
from shaketable.mapping.conditions import Holds, always, holds
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import OpRole, Plays
from shaketable.mapping.value_paths import Part
from shaketable.schedule import Do, Step
from shaketable_patterns.black_box.machine import value_of

Value = dict[str, Json]

_FIELD = re.compile(r"field\.([^\s:{}.]+)")
_DRAWS_MAX = 512
"""More combinations of `one_of` than this are not tried for one that agrees with a condition."""


class Player:
    """An op in one role. `before` are the conditions of the roles that it plays rather, where they hold."""

    __slots__ = ("_before", "_is_so", "op", "role")

    def __init__(self, op: OpText, role: OpRole | None, before: Sequence[Holds] = ()) -> None:
        self.op = op
        self.role = role
        self._before = tuple(before)
        self._is_so = always if role is None else of_fields(role)

    @property
    def name(self) -> str:
        """The name of the op."""
        return self.op.name

    def fresh(self, number: int, pick: int, steps: Sequence[Step] = ()) -> Value | None:
        """Return a value of its own, after `steps`; None when no value of the op plays this role."""
        choices = math.prod(len(field.one_of) or 1 for field in self.op.fields.values())
        for more in range(min(choices, _DRAWS_MAX)):
            value = value_of(self.op, number, pick + more, steps)
            source = Part(field=value)
            if self._is_so(source) and not any(before(source) for before in self._before):
                return value
        return None

    def about(self, earlier: Do, beginner: Player, fresh: Value) -> Value | None:
        """Return `fresh` with all that `earlier`, an op of `beginner`, says too; None when they have nothing in common."""
        return _carried(earlier, dict(self._same(beginner)), fresh)

    def repeats(
        self, earlier: Do, beginner: Player, fresh: Value, beginners: Sequence[Player]
    ) -> Value | None:
        """Return the value with which this op asks for the same as `earlier`; None if it is not for that.

        Of the `beginners` it is for those of its own route, if there are any, and it has to name the same thing.
        """
        if beginner not in ([one for one in beginners if one._route == self._route] or beginners):
            return None
        names = dict(self._same(beginner))
        if not set(_identity(self.role)) <= set(names):
            return None
        return _carried(earlier, names, fresh)

    @property
    def _route(self) -> tuple[str, str, str]:
        return (self.op.to, self.op.method, self.op.path)

    def under_its_key(self, earlier: Do, beginner: Player, fresh: Value) -> Value | None:
        """Return `fresh` with the idempotency key of `earlier`; None when it has none, or nothing else is left to differ."""
        ours, theirs = key_fields(self.role or beginner.role), key_fields(beginner.role)
        names = dict(zip(ours or theirs, theirs, strict=False))
        if set(names) >= set(fresh):
            return None
        return _carried(earlier, names, fresh)

    def _same(self, beginner: Player) -> Iterator[tuple[str, str]]:
        """Yield (field of this op, field of the other) for what is the same: by name, and before that by what roles say."""
        for name in self.op.fields:
            if name in beginner.op.fields:
                yield name, name
        if self.role is not None and beginner.role is not None:
            paths = zip(_paths(self.role), _paths(beginner.role), strict=False)
            for ours, theirs in paths:
                if (one := _FIELD.fullmatch(ours)) and (other := _FIELD.fullmatch(theirs)):
                    yield one[1], other[1]


class Players(msgspec.Struct, frozen=True):
    """Every op of a description in every role that it plays."""

    begin: tuple[Player, ...]
    """Never empty, unless every op redrives: what begins nothing by its role is then drawn by itself."""
    publish: tuple[Player, ...]
    poison: tuple[Player, ...]
    repeat: tuple[Player, ...]
    other_payload: tuple[Player, ...]
    redrive: tuple[Player, ...]
    read: tuple[Player, ...]

    @property
    def first(self) -> tuple[Player, ...]:
        """Return those that come first, each as often as it is to be drawn: what is malformed is rarer than what is not."""
        sound = (*self.begin, *self.publish)
        return (*sound, *sound, *self.poison)

    def __getitem__(self, role: Plays) -> tuple[Player, ...]:
        """Return those that play `role`."""
        found: tuple[Player, ...] = getattr(self, role.replace("-", "_"))
        return found


def players_of(description: Description, mapping: Mapping) -> Players:
    """Return who plays what: in the order of the ops, and for one op in the order of its roles."""
    found: dict[Plays, list[Player]] = {}
    for op in description.ops:
        roles = [role for role in mapping.of(OpRole) if role.op == op.name]
        for place, role in enumerate(roles):
            before = [of_fields(other) for other in roles[:place] if _says_fields_only(other)]
            player = Player(op, role, before)
            if player.fresh(1, 0) is not None:
                found.setdefault(role.plays, []).append(player)
        if not roles:
            found.setdefault("begin", []).append(Player(op, None))
    if not any(found.get(plays) for plays in ("begin", "publish", "poison")):
        found["begin"] = [one for plays, those in found.items() if plays != "redrive" for one in those]
    return Players(
        *(
            tuple(found.get(plays, ()))
            for plays in ("begin", "publish", "poison", "repeat", "other-payload", "redrive", "read")
        )
    )


def of_fields(role: OpRole) -> Holds:
    """Return the part of a role's condition that is of an op's fields: its answer is not known when it is drawn."""
    return holds({path: wanted for path, wanted in role.where.items() if path.startswith("field.")})


def key_fields(role: OpRole | None) -> tuple[str, ...]:
    """Return the fields that make the idempotency key of an op, in order; none without a key."""
    return () if role is None else tuple(_FIELD.findall(role.key))


def _identity(role: OpRole | None) -> tuple[str, ...]:
    """Return the fields that say what an op is about, and under which key."""
    return () if role is None else tuple(_FIELD.findall(f"{role.of} {role.key}"))


def _says_fields_only(role: OpRole) -> bool:
    return all(path.startswith("field.") for path in role.where)


def _paths(role: OpRole) -> tuple[str, ...]:
    return (role.of, role.key, *role.payload)


def _carried(earlier: Do, names: dict[str, str], fresh: Value) -> Value | None:
    said = earlier.value if isinstance(earlier.value, dict) else {}
    kept = {ours: said[theirs] for ours, theirs in names.items() if ours in fresh and theirs in said}
    return {**fresh, **kept} if kept else None
