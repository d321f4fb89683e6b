"""Replaces the names of `time` and `threading` that a subject uses with virtual ones while it runs, and only then.

    patches = Patches(clock, scheduler, "substituted")
    with patches:                # time.time() is virtual, threading.Lock() parks, time.sleep() waits in virtual time
        adapter = make(clock)
    patches.scan()               # building it may have imported modules
    with patches:
        ...                      # one or several steps
                                 # between steps all is real again
    patches.clear()              # the run is over

Threads that the harness does not drive (a progress bar, a test runner) keep the real functions throughout, with one
exception: time-machine moves the wall clock of the whole process.
"""

from __future__ import annotations

import _thread
import queue
import sys
import threading
import time
from _thread import allocate_lock, get_ident
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from shaketable.components.clock import WALL_START_S, VirtualClock
from shaketable.components.interface.adapter import TimeWay
from shaketable.components.scheduling.parking_locks import ParkingLock, ParkingRLock
from shaketable.components.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    import time_machine

Function = Callable[..., object]


class Namespace(Protocol):
    """The names of a module or a class, to be read and replaced."""

    def __getitem__(self, name: str, /) -> object: ...
    def __setitem__(self, name: str, value: object, /) -> None: ...


class _ClassNamespace:
    """The attributes of a class; its own dictionary cannot be written to."""

    def __init__(self, owner: type) -> None:
        self._owner = owner

    def __getitem__(self, name: str) -> object:
        return getattr(self._owner, name)

    def __setitem__(self, name: str, value: object) -> None:
        setattr(self._owner, name, value)


Place = tuple[Namespace, str, Function]
"""Where a function is kept, by which name, and the function."""

_ALWAYS: dict[str, Function] = {
    "Lock": threading.Lock,
    "allocate_lock": allocate_lock,  # Condition calls it; the same function as Lock until Python 3.13
    "RLock": threading.RLock,
    "sleep": time.sleep,
}
_MONOTONIC: dict[str, Function] = {
    "monotonic": time.monotonic,
    "monotonic_ns": time.monotonic_ns,
    "perf_counter": time.perf_counter,
    "perf_counter_ns": time.perf_counter_ns,
}
_NAME_OF = {id(f): name for name, f in (_ALWAYS | _MONOTONIC).items()}
_NOT_OF_A_SUBJECT = frozenset(
    {"shaketable", "hypothesis", "_hypothesis_pytestplugin", "pytest", "_pytest", "time_machine"}
)


def places_of(modules: Iterable[ModuleType], functions: Iterable[object]) -> list[Place]:
    """Return where these modules keep any of these functions, under whichever name: private names change with Python's versions."""
    wanted = {id(function): function for function in functions}
    return [
        (vars(module), name, value)
        for module in modules
        for name, value in vars(module).items()
        if id(value) in wanted and callable(value)
    ]


def starts_of_threads(module: ModuleType = threading) -> list[Place]:
    """Return where `threading` keeps the functions that start a thread; if it keeps none, its class `Thread` does."""
    starters = [
        value for name, value in vars(_thread).items() if name.startswith("start_") and callable(value)
    ]
    thread: type = module.Thread
    return places_of([module], starters) or [(_ClassNamespace(thread), "start", vars(thread)["start"])]


_STARTS = starts_of_threads()
_LOCK_CLOCKS = places_of((threading, queue), (time.monotonic,))
"""By these `threading` and `queue` reckon their time-outs."""

_places: list[tuple[Namespace, str, str]] = []
_seen: dict[str, object] = {}


class Patches:
    """A context manager: inside it the subject runs, with virtual time and parking locks.

    A function is replaced wherever a module attribute is that very function (`from time import monotonic` too). One that
    is kept elsewhere, as a default argument or in an object built at import, stays real: such a subject has to take
    its time from the `Clock` that its factory is given.
    """

    def __init__(self, clock: VirtualClock, scheduler: Scheduler, way: TimeWay) -> None:
        self._clock = clock
        self._scheduler = scheduler
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        if way in ("time-machine", "substituted"):
            import time_machine  # it imports pytest: a quarter of the start of a command that needs neither

            self._travel = time_machine.travel(WALL_START_S, tick=False)
        self._monotonic = way == "substituted"
        self._replacements: list[tuple[Namespace, str, Function]] = []
        self._originals: list[object] = []
        self._functions = self._make_functions()
        self._places_scanned = 0
        self.scan()

    def scan(self) -> None:
        """Find the names to replace. Call it again after modules may have been imported."""
        places = _find_places()
        if len(places) == self._places_scanned:
            return
        self._places_scanned = len(places)
        functions = self._functions
        monotonic = self._pick(time.monotonic, self._clock.monotonic_s)
        self._replacements = [(space, name, self._refused(start)) for space, name, start in _STARTS]
        # Lock time-outs are virtual whatever the way.
        self._replacements += [(space, name, monotonic) for space, name, _ in _LOCK_CLOCKS]
        self._replacements += [
            (space, name, functions[original]) for space, name, original in places if original in functions
        ]

    def __enter__(self) -> None:
        self._scheduler.running = get_ident()
        if self._travel is not None:
            self._traveller = self._travel.start()
            self._traveller.shift(self._clock.wall_passed())
        self._originals = [space[name] for space, name, _ in self._replacements]
        for space, name, function in self._replacements:
            space[name] = function

    def __exit__(self, *_error: object) -> None:
        for (space, name, _function), original in zip(self._replacements, self._originals, strict=True):
            space[name] = original
        if self._travel is not None:
            self._travel.stop()
            self._traveller = None

    def clear(self) -> None:
        """Drop every replacement: the run is over and they are not applied again."""
        self._replacements.clear()
        self._functions.clear()

    def advance_to(self, to_ms: int) -> None:
        """Let virtual time pass, and the wall clock with it."""
        self.shift_wall(0, to_ms - self._clock.elapsed_ms)

    def shift_wall(self, step_ms: int, passed_ms: int = 0) -> None:
        """Step the wall clock by `step_ms`, after `passed_ms` for every clock."""
        self._clock.elapsed_ms += passed_ms
        self._clock.wall_offset_ms += step_ms
        if self._traveller is not None and (shown_ms := step_ms + passed_ms):
            self._traveller.shift(timedelta(milliseconds=shown_ms))

    def _make_functions(self) -> dict[str, Function]:
        scheduler, clock = self._scheduler, self._clock
        functions: dict[str, Function] = {
            "Lock": self._pick(threading.Lock, lambda: ParkingLock(scheduler)),
            "allocate_lock": self._pick(allocate_lock, lambda: ParkingLock(scheduler)),
            "RLock": self._pick(threading.RLock, lambda: ParkingRLock(scheduler)),
            "sleep": self._pick(time.sleep, scheduler.sleep),
        }
        if self._monotonic:
            functions["monotonic"] = self._pick(time.monotonic, clock.monotonic_s)
            functions["monotonic_ns"] = self._pick(time.monotonic_ns, clock.monotonic_ns)
            functions["perf_counter"] = self._pick(time.perf_counter, clock.monotonic_s)
            functions["perf_counter_ns"] = self._pick(time.perf_counter_ns, clock.monotonic_ns)
        return functions

    def _pick(self, real: Function, virtual: Function) -> Function:
        scheduler = self._scheduler

        def picked(*args: object, **kwargs: object) -> object:
            return (virtual if get_ident() == scheduler.running else real)(*args, **kwargs)

        return picked

    def _refused(self, start: Function) -> Function:
        """Return a function that starts a thread by `start` for all but the subject."""
        scheduler = self._scheduler

        def refused(*args: object, **kwargs: object) -> object:
            if get_ident() != scheduler.running:
                return start(*args, **kwargs)
            raise scheduler.refuse(
                "the subject starts a thread of its own; a component is driven call by call, so let it do its work "
                "in the calls, or judge it as a system"
            )

        return refused


def _find_places() -> list[tuple[Namespace, str, str]]:
    """Return every module attribute that is one of the functions to replace; stdlib internals stay as they are."""
    if len(sys.modules) != len(_seen):
        for module_name, module in list(sys.modules.items()):
            if _seen.get(module_name) is not module:
                _seen[module_name] = module
                if _may_be_of_a_subject(module_name):
                    _places.extend(_in_module(getattr(module, "__dict__", {})))
        for module_name in [n for n in _seen if n not in sys.modules]:
            del _seen[module_name]
    return _places


def _may_be_of_a_subject(module_name: str) -> bool:
    top = module_name.partition(".")[0]
    if top in ("time", "threading"):
        return True
    return top not in _NOT_OF_A_SUBJECT and (top not in sys.stdlib_module_names or top == "__main__")


def _in_module(space: dict[str, object]) -> list[tuple[Namespace, str, str]]:
    return [
        (space, name, _NAME_OF[id(value)]) for name, value in list(space.items()) if id(value) in _NAME_OF
    ]
