"""What may stand where a file says a word, or a field, that is none of those allowed there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from msgspec import inspect

_PLACE = re.compile(r"^(?P<what>Invalid (?:enum )?value .*) - at `\$(?P<path>[^`]*)`$", re.DOTALL)
_FIELD = re.compile(r"^Object contains unknown field `(?P<name>[^`]*)`(?: - at `\$(?P<path>[^`]*)`)?$")
_WORDS = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")


def with_choices(message: str, kind: object) -> str:
    """Return a message of msgspec about a value of the type `kind`, with the words, or the fields, that it could have been."""
    field = _FIELD.match(message)
    if field is not None:
        return f"{message}{_fields_instead(field['name'], _places(kind, field['path'] or ''))}"
    found = _PLACE.match(message)
    if found is None:
        return message
    words = dict.fromkeys(word for place in _places(kind, found["path"]) for word in _words(place) if word)
    return f"{message}: it may be {', '.join(words)}" if words else message


def _places(kind: object, path: str) -> list[inspect.Type | str]:
    places: list[inspect.Type | str] = [inspect.type_info(kind)]
    for name, _ in _WORDS.findall(path):
        places = [inner for place in places for inner in _within(place, name)]
    return places


def _fields_instead(name: str, places: list[inspect.Type | str]) -> str:
    """Return the nearest of the fields that there are, and all of them where it is known which table is meant."""
    tables = [one for place in places for one in _tables(place)]
    names = sorted({field.encode_name for table in tables for field in table.fields})
    near = difflib.get_close_matches(name, names, n=1)
    guess = f": is it {near[0]}?" if near else ""
    return f"{guess or ':'} there are {', '.join(names)}" if len(tables) == 1 and names else guess


def _tables(place: inspect.Type | str) -> Iterator[inspect.StructType]:
    match place:
        case inspect.StructType():
            yield place
        case inspect.UnionType(types=types):
            for one in types:
                yield from _tables(one)
        case _:
            pass


def _within(place: inspect.Type | str, name: str) -> Iterator[inspect.Type | str]:
    """Yield what stands at a field, or at any item where there is no name; a tag is a word."""
    match place:
        case inspect.UnionType(types=types):
            for one in types:
                yield from _within(one, name)
        case inspect.StructType(fields=fields, tag_field=tag_field, tag=tag) if name:
            if name == tag_field:
                yield str(tag)
            yield from (field.type for field in fields if field.encode_name == name)
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item) if not name:
            yield item
        case inspect.DictType(value_type=value):
            yield value
        case _:
            pass


def _words(place: inspect.Type | str) -> Iterator[str]:
    match place:
        case str():
            yield place
        case inspect.LiteralType(values=values):
            yield from map(str, values)
        case inspect.UnionType(types=types):
            for one in types:
                yield from _words(one)
        case _:
            pass
