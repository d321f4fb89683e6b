"""The interface of a kind of component: the driver drives calls of these methods and knows nothing else of the kind.

    LIMITER = Interface(
        "limiter",
        methods=(Method("admit", (Argument("key", str), Argument("cost", int)), runs=False),),
        readings=(Reading("tokens", "a whole number", lambda value: isinstance(value, int)),),
    )

A schedule then says `start {"call": 1, "key": "a", "cost": 2}`, and after each step the history says what
`tokens()` returned. docs/components.md lists every event that comes of an interface.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import msgspec

from shaketable.components.interface.adapter import COUNTED, EXCLUDED, Cancelled
from shaketable.errors import UsageError
from shaketable.history import Json

RECOVERY_FIRST = 1_000_000_000
"""Calls numbered from here are of the recovery: the harness makes them after the heal."""

MARKS = ("lines", "with_next", "stop_at")
"""What a step says of how its call runs beside others; it is a step without."""
RESERVED = frozenset({"call", "method", *MARKS})
"""What a `start` says itself, so no argument may be called so."""


class Argument(msgspec.Struct, frozen=True):
    """An argument of a method, given by name. `type` is what JSON can hold: str, int, float, bool, list or dict."""

    name: str
    type: type


class Method(msgspec.Struct, frozen=True):
    """A method of the adapter, of which each call is one call in the history.

    If it `runs` a function, the adapter is given that first, and decides whether and when to enter it; the schedule
    decides when and how the function ends. Otherwise the call ends when the method returns.
    """

    name: str
    arguments: tuple[Argument, ...] = ()
    runs: bool = True

    def arguments_in(self, value: Mapping[str, Json]) -> dict[str, Json]:
        """Return the arguments that a `start` gives. Raises UsageError if one is missing, unknown or of another type."""
        types = {argument.name: argument.type for argument in self.arguments}
        given = {name: one for name, one in value.items() if name not in RESERVED}
        if given.keys() != types.keys():
            raise UsageError(
                f"{self.name} takes the arguments {sorted(types) or 'call alone'}, got {sorted(given)}"
            )
        for name, one in given.items():
            if type(one) is not types[name]:
                raise UsageError(f"{self.name}: {name} must be {types[name].__name__}, got {one!r}")
        return given


class Ending(msgspec.Struct, frozen=True):
    """One way for the function of a call to end: it returns, or raises `error` with `message` (`{}`: the call).

    `words` tell it in a story, after "let call 1".
    """

    name: str
    words: str
    error: type[BaseException] | None = None
    message: str = "{}"
    is_empty: bool = False
    """True if it returns `result` instead of the call's own result."""
    result: Json = None


EMPTY = Ending("empty", "return None", is_empty=True)
"""For kinds whose checkers know of it: a result that is false is a result."""
ENDINGS = (
    Ending("ok", "succeed"),
    Ending("fail", "fail", COUNTED, "{} failed"),
    Ending("excluded", "raise an exception that does not count", EXCLUDED, "{} was refused by the business"),
)
"""The first is how calls end when everything heals: it must not raise."""

CANCELLED = Ending("cancelled", "be cancelled", Cancelled)
"""The ending of a sync call that is cancelled inside its function."""


class Reading(msgspec.Struct, frozen=True):
    """Something of the component that is read after each step: a method without arguments that changes nothing.

    It must return what `accepts` accepts, JSON that `shape` names. `words` tell a value in a story, after the kind's
    name; without them it is told as it is.
    """

    method: str
    shape: str
    accepts: Callable[[object], bool]
    words: Callable[[Json], str] | None = None


class Callback(msgspec.Struct, frozen=True):
    """A function of the harness that the adapter's `method` registers, for the step `name {"mode": "quiet" or "raising"}`.

    When it is called in the mode `raising` it raises, and the history says so.
    """

    name: str
    method: str


class Interface(msgspec.Struct, frozen=True, dict=True):
    """All that a driver knows of a kind. The first method is meant where a step names none.

    Only `methods` must be offered by an adapter; one without a reading's or a callback's method is not asked for it.
    Raises UsageError for names that contradict each other.
    """

    kind: str
    methods: tuple[Method, ...] = (Method("call"),)
    endings: tuple[Ending, ...] = ENDINGS
    readings: tuple[Reading, ...] = ()
    callbacks: tuple[Callback, ...] = ()

    def __post_init__(self) -> None:
        steps = [*_STEPS, *(callback.name for callback in self.callbacks)]
        for names in (
            steps,
            [method.name for method in self.methods],
            [e.name for e in (*self.endings, CANCELLED)],
        ):
            if len(set(names)) < len(names):
                raise UsageError(f"the interface {self.kind!r} has two of one name among {names}")
        if not self.methods or not self.endings or self.endings[0].error is not None:
            raise UsageError(
                f"the interface {self.kind!r} needs a method, and a first ending that raises nothing"
            )
        taken = RESERVED & {a.name for method in self.methods for a in method.arguments}
        if taken:
            raise UsageError(f"the interface {self.kind!r}: no argument may be called {sorted(taken)}")

    def asked_for(self, start: Mapping[str, Json]) -> tuple[Method, dict[str, Json]]:
        """Return the method that a `start` names, or means, and its arguments. Raises UsageError for what is unknown."""
        method = self.methods_by_name.get(str(start.get("method", self.methods[0].name)))
        if method is None:
            raise UsageError(f"there is no method {start['method']!r} to call: {self.steps}")
        return method, method.arguments_in(start)

    @cached_property
    def methods_by_name(self) -> dict[str, Method]:
        return {method.name: method for method in self.methods}

    @cached_property
    def endings_by_name(self) -> dict[str, Ending]:
        return {ending.name: ending for ending in self.endings}

    @cached_property
    def callbacks_by_name(self) -> dict[str, Callback]:
        return {callback.name: callback for callback in self.callbacks}

    @cached_property
    def steps(self) -> str:
        """The steps that the kind knows, for an error message."""
        endings = " or ".join(f'"{ending.name}"' for ending in self.endings)
        known = [*map(_start, self.methods), f'finish {{"call": k, "with": {endings}}}']
        known += ['cancel {"call": k}', 'go_on {"call": k}']
        known += [
            f'{callback.name} {{"mode": "raising" or "quiet"}}'
            for callback in self.callbacks_by_name.values()
        ]
        return f"it knows {', '.join(known[:-1])} and {known[-1]}"


_STEPS = ("start", "finish", "cancel", "go_on")


def _start(method: Method) -> str:
    arguments = "".join(f', "{argument.name}": {argument.type.__name__}' for argument in method.arguments)
    named = "" if method.name == "call" else f', "method": "{method.name}"'
    return f'start {{"call": k{named}{arguments}}}'


def is_word(value: object) -> bool:
    """Tell whether a reading is a word."""
    return isinstance(value, str)


CALLS = Interface(
    "component",
    readings=(Reading("state", "a word", is_word),),
    callbacks=(Callback("listener", "listen"),),
)
"""What is driven where no kind is named: a method `call(fn)`, a state, and listeners."""
