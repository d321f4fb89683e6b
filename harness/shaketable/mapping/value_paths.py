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

Ways to read what a path found stand behind it, one after the other:

    :$.name      JSON, or JSON text, and on inside: `col.event:$.event_id`
    :int64be :int32be   a number in a binary header or column, which is told in hexadecimal
    :utf8        text in one: `col.payload:utf8:$.event_id`
    :number      a number, however it is written: 10.00, 10 and "10.00" are the same; anything else stays as it is
    :instant     a point in time, whatever its offset; anything else stays as it is
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from operator import attrgetter

import msgspec

from shaketable.errors import UsageError
from shaketable.history import Json
from shaketable.mapping.instant import tells
from shaketable.mapping.quantity import quantity
from shaketable.mapping.value_conversions import FORMS, HEXADECIMAL, WAYS, binary


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


class Part(Source):
    """The fields of an op, a body or an answer alone, to read something out of it."""

    __slots__ = ("answer", "body", "field")

    def __init__(self, *, body: Json = None, answer: Json = None, field: Json = None) -> None:
        self.body = body
        self.answer = answer
        self.field = field


Read = Callable[[Source], Json]

NESTED = ("col", "body", "header", "field", "answer")
PLAIN = ("key", "topic", "partition", "offset", "process")
_GAP = re.compile(r"\{([^{}]+)\}")
_COLUMN = re.compile(r"col\.([^:{}\s=]+)")
_EXACT_BELOW = 2**53


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
    head, *ways = path.split(":")
    read = _plain(head, path)
    for way in ways:
        read = _read_so(read, way, path)
    return read


def _read_so(read: Read, way: str, path: str) -> Read:
    if way.startswith("$."):
        return _inside(read, tuple(way[2:].split(".")))
    if way in HEXADECIMAL:
        digits = HEXADECIMAL[way]
        return lambda source: binary(read(source), digits)
    same = WAYS.get(way)
    if same is None:
        known = ", ".join(f":{name}" for name in (*HEXADECIMAL, *WAYS))
        raise UsageError(f"{path!r}: {way!r} is no way to read a value; write :$.name, {known}")
    return lambda source: same(read(source))


def as_read(path: str, value: Json) -> Json:
    """Return a value as `path` would read it, so that the two can be compared: `10.00` at `col.price:number` is 10.

    Only a number or an instant is one however it is written; a constant beside `:utf8` is the text itself.
    """
    same = FORMS.get(path.rpartition(":")[2])
    return value if same is None else same(value)


def agrees(said: Json, was: Json) -> bool:
    """Tell whether a record says what a row was.

    A number may be told as text, and a decimal column comes as text; an instant may be told with another offset, and with
    other digits of its second (`shaketable.mapping.instant.tells`).
    """
    if said == was:
        return True
    if isinstance(said, str) and isinstance(was, str):
        return tells(said, was)
    if isinstance(said, str) == isinstance(was, str) or isinstance(said, bool) or isinstance(was, bool):
        return False
    exact = quantity(said)
    return exact is not None and exact == quantity(was)


def text(value: Json) -> str:
    """Return a value as the text under which things are matched; "" for one that is not there."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if type(value) is float and value.is_integer() and abs(value) < _EXACT_BELOW:
        return str(int(value))  # JSON knows no difference between 10.0 and 10
    if type(value) is dict or type(value) is list:
        return msgspec.json.encode(value, order="deterministic").decode()
    return str(value)


def columns_of(path: str) -> tuple[str, ...]:
    """Return the columns that a path reads."""
    return tuple(re.findall(r"(?:^|\{)col\.([^:{}]+)", path))


def column_of(path: str) -> str:
    """Return the column that a path reads as it is; "" for any other path."""
    found = _COLUMN.fullmatch(path)
    return "" if found is None else found[1]


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
