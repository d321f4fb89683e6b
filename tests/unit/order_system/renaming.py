"""A bijection of names over a history and its mapping: tables, columns, topics, types, services and fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from typing import Any

import msgspec

from shaketable.history import Event, History
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Role
from shaketable.schedule import Schedule, Step

_PATH = re.compile(r"\b(col|body|header|field|answer)\.([\w.]+)|:\$\.([\w.]+)|='([^']*)'")
_WORD = re.compile(r"[A-Za-z_][\w]*(?:-[A-Za-z_][\w]*)*")


def names_in(history: History, mapping: Mapping) -> set[str]:
    """Every name of the system that a history and a mapping use, but the words of op answers."""
    found: set[str] = set()
    for event in history:
        value = event.value
        if event.kind == "effect" and event.name == "commit":
            found |= {value["db"]}
            for _, table, row in value["writes"]:
                found |= {table, *row}
        elif event.kind == "effect" and event.name == "append":
            found |= {value["topic"], *_keys(value["value"])}
        elif event.kind == "state" and event.name == "rows":
            found |= {value["db"], value["table"], *(name for row in value["rows"] for name in row)}
    for role in mapping.roles:
        for text in _strings(role):
            if _PATH.search(text):
                for match in _PATH.finditer(text):
                    found |= {word for word in (match[2] or match[3] or match[4] or "").split(".") if word}
            else:
                found.add(text)
    return {name for name in found if _WORD.fullmatch(name)} - _OURS


_OURS = {
    *("col", "body", "header", "field", "answer", "key", "topic", "partition", "offset", "process"),
    *("row", "record", "call", "insert", "enters", "leaves", "delete", "update", "deleted", "log", "client"),
    *("begin", "repeat", "other-payload", "poison", "publish", "redrive", "read", "money", "stock", "other"),
    *(
        "outbox",
        "saga",
        "keyed",
        "consumers",
        "dead-letters",
        "op",
        "value",
        "headers",
        "rows",
        "db",
        "table",
        "writes",
    ),
}
"""Words of the harness itself; a system's names that are spelt alike keep their spelling."""


def new_names(names: set[str]) -> dict[str, str]:
    """Another name for each, of the same length, since stories cut what is long; their order is another one, too."""
    counts: dict[int, int] = {}
    found: dict[str, str] = {}
    for name in sorted(names, reverse=True):
        n = counts[len(name)] = counts.get(len(name), -1) + 1
        found[name] = "q" + base36(n).rjust(len(name) - 1, "0")
    assert all(len(old) == len(new) for old, new in found.items())
    return found


def base36(n: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return digits[n] if n < 36 else base36(n // 36) + digits[n % 36]


def renamed_mapping(mapping: Mapping, names: Dictionary[str, str]) -> Mapping:
    """The mapping in the new names."""
    return Mapping(tuple(_renamed(role, names) for role in mapping.roles))


def _renamed(value: Any, names: Dictionary[str, str]) -> Any:
    if isinstance(value, msgspec.Struct):
        fields = {name: _renamed(getattr(value, name), names) for name in value.__struct_fields__}
        return type(value)(**fields)
    if isinstance(value, dict):
        return {_path(key, names): _renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_renamed(inner, names) for inner in value)
    return _path(value, names) if isinstance(value, str) else value


def renamed_history(history: History, names: Dictionary[str, str]) -> History:
    """Return the history in the new names; the kinds of events and their own fields stay."""
    return History([_event(event, names) for event in history])


_OWN_EFFECTS = ("commit", "append", "deliver", "offsets", "poll")


def _event(event: Event, names: Dictionary[str, str]) -> Event:
    value, name = event.value, event.name
    if event.kind == "effect" and name == "commit":
        writes = [[verb, names.get(t, t), _mapped(row, names)] for verb, t, row in value["writes"]]
        value = {"db": names.get(value["db"], value["db"]), "writes": writes}
    elif (event.kind == "effect" and name in _OWN_EFFECTS) or event.kind == "state":
        value = {key: _mapped(inner, names) for key, inner in value.items()}
    elif event.kind == "effect" or event.kind == "invoke":
        value, name = _mapped(value, names), names.get(name, name)
    elif event.kind in ("ok", "fail", "info"):
        name = names.get(name, name)
    elif event.kind in ("fault", "receipt", "heal"):
        value = _reworded(value, names)
    process = names.get(event.process, event.process)
    return msgspec.structs.replace(event, process=process, name=name, value=value)


def renamed_schedule(schedule: Schedule, names: Dictionary[str, str]) -> Schedule:
    """Return the schedule in the new names: its ops, what they are given, and where its faults are."""
    steps = []
    for step in msgspec.to_builtins(schedule.steps):
        if step["step"] == "do":
            steps.append(
                step | {"f": names.get(step["f"], step["f"]), "value": _mapped(step["value"], names)}
            )
        else:
            steps.append(
                {key: value if key == "step" else _reworded(value, names) for key, value in step.items()}
            )
    return msgspec.structs.replace(schedule, steps=msgspec.convert(steps, tuple[Step, ...]))


def _reworded(value: Any, names: Dictionary[str, str]) -> Any:
    """Replace every name in the texts of faults and receipts; their kinds and legs are the harness's."""
    if isinstance(value, dict):
        return {
            k: v if k in ("fault", "leg", "kind", "type") else _reworded(v, names) for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [_reworded(inner, names) for inner in value]
    return renamed_words(value, names) if isinstance(value, str) else value


def renamed_words(text: str, names: Dictionary[str, str]) -> str:
    """A sentence with every name in it replaced."""
    return _WORD.sub(lambda word: names.get(word[0], word[0]), text)


def _mapped(value: Any, names: Dictionary[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _mapped(inner, names) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    if value[:1] in ("{", "["):
        try:
            return json.dumps(_mapped(json.loads(value), names))
        except ValueError:
            return value
    return names.get(value, value)


def _path(text: str, names: Dictionary[str, str]) -> str:
    if not _PATH.search(text):
        return names.get(text, text)

    def fill(match: re.Match[str]) -> str:
        if match[2]:
            return f"{match[1]}.{_dotted(match[2], names)}"
        if match[3]:
            return f":$.{_dotted(match[3], names)}"
        return f"='{names.get(match[4], match[4])}'"

    return _PATH.sub(fill, text)


def _dotted(path: str, names: Dictionary[str, str]) -> str:
    return ".".join(names.get(word, word) for word in path.split("."))


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)


def _strings(value: Any) -> Iterator[str]:
    """Every text of a role but its own name and the words that are the harness's."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if not (name == "name" and isinstance(value, Role)):
                yield from _strings(getattr(value, name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(key)
            yield from _strings(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        yield value
