"""A subject's mapping: the roles that something of it plays."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from shaketable.mapping.roles import Role, Rows
from shaketable.profile import Knob

R = TypeVar("R", bound=Role)
P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Roles in the order in which they were declared. One of each kind, or several: each service has its own outbox."""

    roles: tuple[Role, ...] = ()
    knobs: frozenset[str] | None = None
    """The knobs that the subject declares; None where its profile declares all that its patterns ask for."""
    settings: Dictionary[str, Knob] = field(default_factory=dict)
    """The values of knobs, where they are known: some clauses speak of one choice only."""
    _by_kind: dict[type, tuple[Role, ...]] = field(default_factory=dict, compare=False, repr=False)

    def of(self, kind: type[R]) -> tuple[R, ...]:
        """Return the roles of this kind."""
        found = self._by_kind.get(kind)
        if found is None:
            found = self._by_kind[kind] = tuple(role for role in self.roles if isinstance(role, kind))
        return found  # type: ignore[return-value]

    def plays(self, need: str) -> bool:
        """Tell whether some role fills in `kind.field` (`kind` is the role's tag), or the whole of `kind`.

        A field may lie deeper (`kind.field.inner`: of any of several), and `kind.field=word` asks for that word. Several
        fields joined by `&` must be filled in by the same role, one that begins with `!` must not; alternatives are joined
        by `|`. `knobs.name` asks for a knob, `knobs.name=value` for one that is not known to have another value.
        """
        return any(self._plays_all(one.split("&")) for one in need.split("|"))

    def _plays_all(self, wanted: list[str]) -> bool:
        kind, _, first = wanted[0].partition(".")
        if kind == "knobs":
            name, _, value = first.partition("=")
            known = self.settings.get(name) if value else None
            return (self.knobs is None or name in self.knobs) and (known is None or str(known) == value)
        fields = [first, *wanted[1:]]
        return any(
            kind_of(role) == kind and all(not name or _is_so(role, name) for name in fields)
            for role in self.roles
        )

    def tables(self) -> Dictionary[tuple[str, str], tuple[str, ...]]:
        """Return the key of each table that any role names, by database and table."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for rows in parts_of(self.roles, Rows):
            if rows.key or (rows.database, rows.table) not in found:
                found[rows.database, rows.table] = rows.key
        return found


def kind_of(role: Role) -> str:
    """Return the word by which a description and a promise's needs name roles of this kind."""
    return str(role.__struct_config__.tag)


def _is_so(role: Role, name: str) -> bool:
    return not _filled_in(role, name[1:]) if name.startswith("!") else _filled_in(role, name)


def _filled_in(role: Role, name: str) -> bool:
    path, _, wanted = name.partition("=")
    found: list[Any] = [role]
    for word in path.split("."):
        found = [inner for one in found for inner in _each(getattr(one, word, None))]
    return any(str(one) == wanted if wanted else bool(one) for one in found)


def _each(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def parts_of(value: object, kind: type[P]) -> Iterator[P]:
    """Yield the parts of this kind in roles, wherever they stand, in order."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from parts_of(getattr(value, name), kind)
    elif isinstance(value, tuple):
        for one in value:
            yield from parts_of(one, kind)
