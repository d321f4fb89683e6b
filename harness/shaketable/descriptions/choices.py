"""What may stand where a file says a word that is none of those allowed there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import inspect

_PLACE = re.compile(r"^(?P<what>Invalid (?:enum )?value .*) - at `\$(?P<path>[^`]*)`$", re.DOTALL)
_WORDS = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")


def with_choices(message: str, kind: object) -> str:
    """Return a message of msgspec about a value of the type `kind`, with the words that it could have been."""
    found = _PLACE.match(message)
    if found is None:
        return message
    places: list[inspect.Type | str] = [inspect.type_info(kind)]
    for name, _ in _WORDS.findall(found["path"]):
        places = [inner for place in places for inner in _within(place, name)]
    words = dict.fromkeys(word for place in places for word in _words(place) if word)
    return f"{message}: it may be {', '.join(words)}" if words else message


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
