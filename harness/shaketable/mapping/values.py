"""Value paths: where a role finds one of its values, as text.

A path names its source and a way inside it:

    col.id                   a column of a row
    body.order.id            the JSON value of a record or request, nested by dots
    header.event_id          a header of a record
    key topic partition offset   what a record says about itself
    field.amount             a field of an op, or of what a third party recorded
    answer.id                the body that answered an op
    process                  the process that did it
    ='TicketSold'            the text itself; =12 and =true are JSON
    {body.event.id}/letter   text with gaps, each of them a path
    body.id or header.id     the first of several that is there

`:$.name` behind a path reads what it found as JSON text and goes on inside: `col.event:$.event_id`. `:int64be` and
`:int32be` read a binary header that is told in hexadecimal.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from operator import attrgetter

import msgspec

from shaketable.errors import UsageError
from shaketable.history import Json


class Source:
    """What paths are read from: `col.*` from `row`, `header.*` from `headers`, all others from the field of their name.

    A subclass has the fields that it knows, and the others are empty. A long history is read some hundred thousand
    times: so its events are sources themselves, and none is built to be read from.
    """

    __slots__ = ()

    row: Mapping[str, Json] = {}
    body: Json = None
    headers: Mapping[str, str] = {}
    field: Json = None
    answer: Json = None
    key: Json = None
    topic: Json = None
    partition: Json = None
    offset: Json = None
    process: Json = None


Read = Callable[[Source], Json]

NESTED = ("col", "body", "header", "field", "answer")
PLAIN = ("key", "topic", "partition", "offset", "process")
_GAP = re.compile(r"\{([^{}]+)\}")
_HEXADECIMAL = {"int64be": 16, "int32be": 8}
_SIGNED = {16: 1 << 63, 8: 1 << 31}


def check(path: str) -> str:
    """Say what is wrong with a path, or return ""."""
    try:
        compiled(path)
    except UsageError as error:
        return str(error)
    return ""


@functools.cache
def compiled(path: str) -> Read:
    """Return a function that reads `path`; what is not there is None. Raises UsageError for a path that means nothing.

    An empty path reads None everywhere: the role does not have that value.
    """
    if not path:
        return _nothing
    if " or " in path:
        return _first_of(path)
    if path.startswith("="):
        constant = _constant(path[1:])
        return lambda _: constant
    if "{" in path or "}" in path:
        return _template(path)
    head, _, codec = path.partition(":")
    read = _plain(head, path)
    if codec.startswith("$."):
        return _inside(read, tuple(codec[2:].split(".")))
    if codec in _HEXADECIMAL:
        return _binary(read, _HEXADECIMAL[codec])
    if codec:
        raise UsageError(
            f"{path!r}: {codec!r} is no way to read a value; write :$.name, :int64be or :int32be"
        )
    return read


def text(value: Json) -> str:
    """Return a value as the text under which things are matched; "" for one that is not there."""
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    return value if type(value) is str else str(value)


def columns_of(path: str) -> tuple[str, ...]:
    """Return the columns that a path reads."""
    return tuple(re.findall(r"(?:^|\{)col\.([^:{}]+)", path))


def _nothing(_: Source) -> Json:
    return None


def _constant(written: str) -> Json:
    if len(written) >= 2 and written[0] == written[-1] == "'":
        return written[1:-1]
    try:
        return msgspec.json.decode(written)
    except msgspec.DecodeError:
        raise UsageError(f"'={written}' is no constant; write ='text', =12 or =true") from None


def _first_of(path: str) -> Read:
    head, _, tail = path.partition(" or ")
    first, rest = compiled(head.strip()), compiled(tail.strip())

    def read(source: Source) -> Json:
        found = first(source)
        return rest(source) if found is None else found

    return read


def _template(path: str) -> Read:
    pieces = _GAP.split(path)
    reads = [compiled(piece) for piece in pieces[1::2]]
    plain = pieces[0::2]
    if any("{" in piece or "}" in piece for piece in plain):
        raise UsageError(f"{path!r} has a brace without its other half")

    def read(source: Source) -> Json:
        said = [plain[0]]
        for one, rest in zip(reads, plain[1:], strict=True):
            found = one(source)
            if found is None:
                return None
            said += (text(found), rest)
        return "".join(said)

    return read


def _plain(head: str, path: str) -> Read:
    source, _, rest = head.partition(".")
    if source in PLAIN and not rest:
        return attrgetter(source)
    if source == "col" and rest:
        return lambda found: found.row.get(rest)
    if source == "header" and rest:
        return lambda found: found.headers.get(rest)
    if source in NESTED and rest:
        way = tuple(rest.split("."))
        if len(way) == 1:
            return _step(source, rest)
        whole = attrgetter(source)
        return lambda found: _follow(whole(found), way)
    raise UsageError(
        f"{path!r} is no value: it begins with one of {', '.join(f'{one}.' for one in NESTED)} or is one of "
        f"{', '.join(PLAIN)}, or ='text'"
    )


def _step(source: str, name: str) -> Read:
    whole = attrgetter(source)

    def read(found: Source) -> Json:
        value = whole(found)
        return value.get(name) if type(value) is dict else None

    return read


def _follow(value: Json, way: tuple[str, ...]) -> Json:
    for name in way:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _inside(read: Read, way: tuple[str, ...]) -> Read:
    def inside(source: Source) -> Json:
        value = read(source)
        return _follow(_decoded(value) if isinstance(value, str) else value, way)

    return inside


@functools.lru_cache(maxsize=64)
def _decoded(json: str) -> Json:
    """Decode JSON text, None for anything else. Kept a little: several values of one payload are read in a row."""
    try:
        return msgspec.json.decode(json)
    except msgspec.DecodeError:
        return None


def _binary(read: Read, digits: int) -> Read:
    def number(source: Source) -> Json:
        value = read(source)
        if type(value) is not str or len(value) != digits:
            return None
        try:
            found = int(value, 16)
        except ValueError:
            return None
        return found - 2 * _SIGNED[digits] if found >= _SIGNED[digits] else found

    return number
