"""A history as a file: JSON lines, a header first, then one event a line, then one access a line if they were recorded.

It is untrusted input: read strictly and within limits, and an error names the line that is wrong.
"""

from __future__ import annotations

import msgspec

from shaketable.access import Access
from shaketable.errors import FileFormatError
from shaketable.history import Event, History
from shaketable.profile import Profile

FORMAT = "shaketable/history"
VERSION = 1
SIZE_MAX_BYTES = 256 * 1024 * 1024
_EVENTS_MAX = 1_000_000
_LINE_MAX_BYTES = 4 * 1024 * 1024


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The subject and profile of the history: all that is needed to judge it again."""

    subject: str
    profile: Profile
    format: str = FORMAT
    version: int = VERSION
    accesses: int | msgspec.UnsetType = msgspec.UNSET
    """The number of the last lines that are accesses, if there are any."""


class _StrictEvent(Event, frozen=True, forbid_unknown_fields=True):
    """An event without fields that this version does not know."""


class _StrictAccess(Access, frozen=True, forbid_unknown_fields=True):
    """An access without fields that this version does not know."""


_HEADER = msgspec.json.Decoder(Header)
_EVENT = msgspec.json.Decoder(_StrictEvent)
_ACCESS = msgspec.json.Decoder(_StrictAccess)
_ENCODER = msgspec.json.Encoder()


def dumps(subject: str, profile: Profile, history: History) -> bytes:
    """Return the file's bytes; equal histories give equal bytes."""
    lines = [_ENCODER.encode(Header(subject, profile, accesses=len(history.accesses) or msgspec.UNSET))]
    lines += [_ENCODER.encode(event) for event in history.events]
    lines += [_ENCODER.encode(access) for access in history.accesses]
    return b"\n".join(lines) + b"\n"


def loads(data: bytes, source: str = "the file") -> tuple[Header, History]:
    """Read a history. Raises FileFormatError, which names the first line that is wrong."""
    lines = data.split(b"\n")
    if lines[-1]:
        raise FileFormatError(f"{source}: line {len(lines)} is cut off (a history ends with a line break)")
    lines.pop()
    if not lines:
        raise FileFormatError(f"{source} is empty; a history starts with a header line")
    header = _header(lines[0], source)
    told = header.accesses or 0
    if told > _EVENTS_MAX or len(lines) - 1 - told > _EVENTS_MAX:
        raise FileFormatError(f"{source} has {len(lines) - 1} events; a history has at most {_EVENTS_MAX}")
    if not 0 <= told < len(lines):
        raise FileFormatError(
            f"{source} announces {told} accesses and has {len(lines) - 1} lines after its header"
        )
    first = len(lines) - told
    events = [_event(line, n, source) for n, line in enumerate(lines[1:first])]
    accesses = [_access(line, n, len(events), source) for n, line in enumerate(lines[first:], first + 1)]
    return header, History(events, accesses)


def _header(line: bytes, source: str) -> Header:
    try:
        header = _HEADER.decode(_limited(line, 1, source))
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
        raise FileFormatError(f"{source} is no shaketable history: line 1: {error}") from None
    if header.format != FORMAT or header.version != VERSION:
        raise FileFormatError(
            f"{source} is {header.format!r} version {header.version}; "
            f"this shaketable reads {FORMAT!r} version {VERSION}"
        )
    return header


def _event(line: bytes, index: int, source: str) -> Event:
    number = index + 2  # the header is line 1
    try:
        event = _EVENT.decode(_limited(line, number, source))
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
        raise FileFormatError(f"{source}: line {number} is no event: {error}") from None
    if event.index != index:
        raise FileFormatError(f"{source}: line {number} is event {event.index}, expected event {index}")
    if not -1 <= event.ref < index:
        raise FileFormatError(f"{source}: line {number} answers event {event.ref}, which is not before it")
    return Event(event.index, event.time_ms, event.kind, event.process, event.name, event.value, event.ref)


def _access(line: bytes, number: int, events: int, source: str) -> Access:
    try:
        access = _ACCESS.decode(_limited(line, number, source))
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
        raise FileFormatError(f"{source}: line {number} is no access: {error}") from None
    if not 0 <= access.event <= events:
        raise FileFormatError(
            f"{source}: line {number} stands before event {access.event}, there are {events} events"
        )
    return Access(*(getattr(access, field) for field in Access.__struct_fields__))


def _limited(line: bytes, number: int, source: str) -> bytes:
    if len(line) > _LINE_MAX_BYTES:
        raise FileFormatError(f"{source}: line {number} has {len(line)} bytes, at most {_LINE_MAX_BYTES}")
    return line
