"""What a line of the subject's code is at: its place, and the names of the attributes that it reads or changes.

Which object an attribute is of is not known before the line has run. Two attributes of one name are taken for one: of
different objects they conflict needlessly, which costs a policy nothing but chance drawn again, while none is missed that a
line names itself. What a line calls is lines of its own.
"""

from __future__ import annotations

import dis
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

from shaketable.boundary import address_key
from shaketable.components.scheduling.switch_points import is_of_subject

_CHANGES = ("STORE_ATTR", "DELETE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR", "STORE_GLOBAL", "STORE_DEREF")
_MAY_CHANGE = ("CALL", "BEFORE_WITH", "BEFORE_ASYNC_WITH", "SEND", "LOAD_SPECIAL")
"""A method may change the object that it is called on, and a lock is taken by one."""
_NAMES = ("ATTR", "METHOD", "GLOBAL", "DEREF")


class LineTouch(NamedTuple):
    """One line: where it is, the names that it is at, and whether it may change what they name."""

    place: str
    objects: tuple[str, ...] = ()
    writes: bool = True


OUTSIDE = LineTouch("")
"""No line of the subject."""


def touch_of(frame: FrameType) -> LineTouch:
    """Return what the line at which `frame` stands is at."""
    return _touches(frame.f_code).get(frame.f_lineno) or LineTouch(_place(frame.f_code, frame.f_lineno))


def touch_above(frame: FrameType | None) -> LineTouch:
    """Return that of the nearest line of the subject from which `frame` was called."""
    while frame is not None:
        if is_of_subject(frame.f_code):
            return touch_of(frame)
        frame = frame.f_back
    return OUTSIDE


@lru_cache(maxsize=4_096)
def _touches(code: CodeType) -> dict[int, LineTouch]:
    names: dict[int, set[str]] = {}
    changing: set[int] = set()
    line = code.co_firstlineno
    starts = {offset: number for offset, _, number in _starts(code)}
    for instruction in dis.get_instructions(code):
        line = starts.get(instruction.offset, line)
        found = names.setdefault(line, set())
        if instruction.opname.startswith(_CHANGES + _MAY_CHANGE):
            changing.add(line)
        if instruction.opname.endswith(_NAMES) and isinstance(instruction.argval, str):
            found.add(instruction.argval)
    return {
        line: LineTouch(_place(code, line), tuple(sorted(found)), line in changing)
        for line, found in names.items()
    }


def _starts(code: CodeType) -> list[tuple[int, int, int]]:
    return [(start, end, number) for start, end, number in code.co_lines() if number is not None]


def _place(code: CodeType, line: int) -> str:
    return address_key(f"{Path(code.co_filename).name}:{line}")
