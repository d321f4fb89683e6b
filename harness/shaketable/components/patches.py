"""What a subject sees of `time` and `threading` while it runs, and only then: between steps all is real again.

Threads the harness does not drive (a progress bar, a test runner) keep the real functions throughout, except
for the wall clock, which time-machine moves for the whole process.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from _thread import get_ident
from collections.abc import Callable
from datetime import timedelta

import time_machine

from shaketable.components.adapter import TimeWay
from shaketable.components.clock import WALL_START_S, VirtualClock
from shaketable.components.locks import ParkingLock, ParkingRLock
from shaketable.components.scheduler import Baton

Namespace = dict[str, object]
Function = Callable[..., object]

_ALWAYS: dict[str, Function] = {"Lock": threading.Lock, "RLock": threading.RLock, "sleep": time.sleep}
_MONOTONIC: dict[str, Function] = {
    "monotonic": time.monotonic,
    "monotonic_ns": time.monotonic_ns,
    "perf_counter": time.perf_counter,
    "perf_counter_ns": time.perf_counter_ns,
}
_NAME_OF = {id(f): name for name, f in (_ALWAYS | _MONOTONIC).items()}
_OURS = frozenset(
    {"shaketable", "hypothesis", "_hypothesis_pytestplugin", "pytest", "_pytest", "time_machine"}
)
_start_new_thread: Function = threading._start_new_thread  # type: ignore[attr-defined]

_places: list[tuple[Namespace, str, str]] = []
_seen: dict[str, object] = {}


class Stage:
    """A context manager: inside it the subject runs, and sees virtual time and parking locks."""

    def __init__(self, clock: VirtualClock, baton: Baton, way: TimeWay) -> None:
        self._clock = clock
        self._baton = baton
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        if way in ("time-machine", "substituted"):
            self._travel = time_machine.travel(WALL_START_S, tick=False)
        self._monotonic = way == "substituted"
        self._replacements: list[tuple[Namespace, str, Function]] = []
        self._originals: list[object] = []
        self._functions = self._make_functions()
        self._looked_at = 0
        self.look()

    def look(self) -> None:
        """Find the names to replace, again after modules were imported (building the subject may do that)."""
        places = _find_places()
        if len(places) == self._looked_at:
            return
        self._looked_at = len(places)
        functions = self._functions
        monotonic = self._pick(time.monotonic, self._clock.monotonic_s)
        self._replacements = [
            (vars(threading), "_start_new_thread", self._refuse_thread),
            (vars(threading), "_time", monotonic),  # lock time-outs are virtual whatever the way
            (vars(queue), "time", monotonic),
        ]
        self._replacements += [
            (space, name, functions[what]) for space, name, what in places if what in functions
        ]

    def __enter__(self) -> None:
        self._baton.running = get_ident()
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

    def strike(self) -> None:
        """The run is over: it is not set again."""
        self._replacements.clear()
        self._functions.clear()

    def move(self, to_ms: int) -> None:
        """Let virtual time pass, the wall clock with it."""
        self.shift_wall(0, to_ms - self._clock.elapsed_ms)

    def shift_wall(self, step_ms: int, passed_ms: int = 0) -> None:
        """Step the wall clock by `step_ms`, after `passed_ms` for every clock."""
        self._clock.elapsed_ms += passed_ms
        self._clock.wall_offset_ms += step_ms
        if self._traveller is not None and (shown_ms := step_ms + passed_ms):
            self._traveller.shift(timedelta(milliseconds=shown_ms))

    def _make_functions(self) -> dict[str, Function]:
        baton, clock = self._baton, self._clock
        functions: dict[str, Function] = {
            "Lock": self._pick(threading.Lock, lambda: ParkingLock(baton)),
            "RLock": self._pick(threading.RLock, lambda: ParkingRLock(baton)),
            "sleep": self._pick(time.sleep, baton.sleep),
        }
        if self._monotonic:
            functions["monotonic"] = self._pick(time.monotonic, clock.monotonic_s)
            functions["monotonic_ns"] = self._pick(time.monotonic_ns, clock.monotonic_ns)
            functions["perf_counter"] = self._pick(time.perf_counter, clock.monotonic_s)
            functions["perf_counter_ns"] = self._pick(time.perf_counter_ns, clock.monotonic_ns)
        return functions

    def _pick(self, real: Function, virtual: Function) -> Function:
        baton = self._baton

        def picked(*args: object, **kwargs: object) -> object:
            return (virtual if get_ident() == baton.running else real)(*args, **kwargs)

        return picked

    def _refuse_thread(self, *args: object) -> object:
        if get_ident() != self._baton.running:
            return _start_new_thread(*args)
        raise self._baton.refuse(
            "the subject starts a thread of its own; a component is driven call by call, so let it do its work "
            "in the calls, or judge it as a system"
        )


def _find_places() -> list[tuple[Namespace, str, str]]:
    """Every module attribute that is one of the functions to replace; stdlib internals stay as they are."""
    if len(sys.modules) != len(_seen):
        for module_name, module in list(sys.modules.items()):
            if _seen.get(module_name) is not module:
                _seen[module_name] = module
                if _is_subjects(module_name):
                    _places.extend(_in_module(getattr(module, "__dict__", {})))
        for module_name in [n for n in _seen if n not in sys.modules]:
            del _seen[module_name]
    return _places


def _is_subjects(module_name: str) -> bool:
    top = module_name.partition(".")[0]
    if top in ("time", "threading"):
        return True
    return top not in _OURS and (top not in sys.stdlib_module_names or top == "__main__")


def _in_module(space: Namespace) -> list[tuple[Namespace, str, str]]:
    return [
        (space, name, _NAME_OF[id(value)]) for name, value in list(space.items()) if id(value) in _NAME_OF
    ]
