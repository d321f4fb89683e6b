"""Odd ways for a function to end: results that are false, and exceptions that naive code takes for something else.

Each counts as the plain ending that it stands for: an odd failure is a `ConnectionError`. Only `abort` and `group` are
neither a failure that is declared nor an exclusion: what they count as is the component's own choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from shaketable.components.interface.adapter import COUNTED, EXCLUDED
from shaketable.components.interface.interface import EMPTY, Ending


class _Alike:
    """Equal to every other one of its type, of no length, and false, as a business object that is an exception can be."""

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return 0


class FalsyFailure(_Alike, COUNTED):  # type: ignore[misc,valid-type]  # a constant of adapters
    """A failure that counts, is false, and equals every other one."""


class FalsyRefusal(_Alike, EXCLUDED):  # type: ignore[misc,valid-type]  # a constant of adapters
    """A business error that is false, and equals every other one."""


class Aborted(BaseException):
    """No `Exception`: what is raised to end a thread or a program passes `except Exception`."""


class Several(ExceptionGroup[Exception]):
    """A group of one failure, as a task group raises it."""

    def __new__(cls, message: str) -> Self:
        return super().__new__(cls, message, [COUNTED(message)])


FALSY_RESULTS = (
    EMPTY,
    Ending("zero", "return 0", is_empty=True, result=0),
    Ending("blank", "return an empty string", is_empty=True, result=""),
    Ending("false", "return False", is_empty=True, result=False),
    Ending("nothing", "return an empty list", is_empty=True, result=[]),
)
FAIL_FALSY = Ending("fail_falsy", "fail with an exception that is false", FalsyFailure)
EXCLUDED_FALSY = Ending(
    "excluded_falsy", "raise an exception that does not count, and is false", FalsyRefusal
)
ABORT = Ending("abort", "raise a BaseException", Aborted)
GROUP = Ending("group", "raise a group of exceptions", Several)

ODD_ENDINGS: tuple[Ending, ...] = (*FALSY_RESULTS, FAIL_FALSY, EXCLUDED_FALSY, ABORT, GROUP)
"""All of them, for the interface of a kind whose checkers know of them."""

ODD_FOR: Mapping[str, tuple[str, ...]] = {
    "ok": tuple(ending.name for ending in FALSY_RESULTS),
    "empty": tuple(ending.name for ending in FALSY_RESULTS),
    "fail": (FAIL_FALSY.name,),
    "excluded": (EXCLUDED_FALSY.name, GROUP.name),
    "cancelled": (ABORT.name, "cancelled"),
}
"""What stands for each plain ending in a run with odd ones."""
PLAIN_FOR: Mapping[str, tuple[str, ...]] = {
    **{ending.name: ("ok",) for ending in FALSY_RESULTS},
    FAIL_FALSY.name: ("fail",),
    EXCLUDED_FALSY.name: ("excluded",),
    ABORT.name: ("excluded", "fail"),
    GROUP.name: ("excluded", "fail"),
}
"""The plain endings that may show the same as an odd one, the likeliest first."""
