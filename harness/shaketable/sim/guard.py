"""While simulated code runs, touching the real world is an error that names the call and the port to use.

The names are patched in their modules for the life of a session, and only calls made while the loop runs are
refused: Hypothesis, pytest and logging share the process and keep working. `datetime.now` is a method of a C
type, so its type dictionary is patched. A `from time import time` done before the session is out of reach; running
every schedule twice finds that.
"""

from __future__ import annotations

import ctypes
import datetime
import gc
import os
import random
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from shaketable.errors import ForbiddenCall

_CLOCK = "ask the clock port"
_CHANCE = "ask the ports for `new_id`, or draw it in the schedule"
_FUNCTIONS: tuple[tuple[Any, str, str], ...] = (
    (time, "time", _CLOCK),
    (time, "time_ns", _CLOCK),
    (time, "monotonic", _CLOCK),
    (time, "monotonic_ns", _CLOCK),
    (time, "sleep", "await the clock port's `sleep`"),
    (socket, "create_connection", "use the http port"),
    (socket.socket, "connect", "use the http port"),
    (socket.socket, "bind", "a simulated service is called through `handle`"),
    (threading.Thread, "start", "use an asyncio task"),
    (random, "random", _CHANCE),
    (random, "randint", _CHANCE),
    (random, "randrange", _CHANCE),
    (random, "choice", _CHANCE),
    (random, "shuffle", _CHANCE),
    (random, "uniform", _CHANCE),
    (random, "getrandbits", _CHANCE),
    (os, "urandom", _CHANCE),
    (uuid, "uuid1", _CHANCE),
    (uuid, "uuid4", _CHANCE),
)
_ALLOWED_CALLERS = ("logging", "hypothesis", "_pytest", "asyncio", "threading", "warnings")
_DATETIME: dict[str, Any] = gc.get_referents(datetime.datetime.__dict__)[0]


class Guard:
    """Refuses real-world calls of the thread `active`, installed between `install` and `remove`.

    Sessions nest (a shrinker runs inside a test), so the patches stay until each `install` has had its `remove`.
    """

    def __init__(self) -> None:
        self.active = 0  # the thread that runs simulated code now, 0 for none
        self.tripped: ForbiddenCall | None = None
        self._installed = 0
        self._originals: list[tuple[Any, str, Any]] = []
        self._wrappers: list[tuple[Any, str, Any]] = []
        self._datetime_now: dict[str, Any] = {}

    def install(self) -> None:
        """Patch the names, unless they are patched already."""
        self._installed += 1
        if self._installed > 1:
            return
        if not self._wrappers:
            self._wrappers = [(o, n, self._refuse(o, n, getattr(o, n), hint)) for o, n, hint in _FUNCTIONS]
        self._originals = [(o, n, getattr(o, n)) for o, n, _ in _FUNCTIONS]
        for owner, name, wrapper in self._wrappers:
            setattr(owner, name, wrapper)
        self._patch_datetime()

    def remove(self) -> None:
        """Restore the names, once every `install` has had its `remove`."""
        self._installed -= 1
        if self._installed:
            return
        for owner, name, original in self._originals:
            if name in ("connect", "bind") and owner is socket.socket:
                delattr(owner, name)  # inherited from the C type
            else:
                setattr(owner, name, original)
        self._restore_datetime()

    def __enter__(self) -> None:
        """Stay installed for all the sessions opened within: installing is a fifth of the work of opening one."""
        self.install()

    def __exit__(self, *_error: object) -> None:
        self.remove()

    def check(self) -> None:
        """Raise the ForbiddenCall of the step that has just ended, if there was one."""
        tripped, self.tripped = self.tripped, None
        if tripped is not None:
            raise tripped

    def _refuse(self, owner: Any, name: str, original: Callable[..., Any], hint: str) -> Callable[..., Any]:
        said = f"{getattr(owner, '__name__', owner)}.{name}"

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if self.active and self.active == threading.get_ident():
                caller = sys._getframe(1).f_globals.get("__name__", "")
                if not caller.startswith(_ALLOWED_CALLERS):
                    # kept as well as raised: a subject's `except Exception` must not hide it
                    self.tripped = ForbiddenCall(f"{caller} called {said} inside the simulated world: {hint}")
                    raise self.tripped
            return original(*args, **kwargs)

        guarded.__name__ = name
        return guarded

    def _patch_datetime(self) -> None:
        self._datetime_now = {
            name: _DATETIME[name] for name in ("now", "utcnow", "today") if name in _DATETIME
        }
        for name in ("now", "utcnow"):
            original = getattr(datetime.datetime, name)
            _DATETIME[name] = staticmethod(self._refuse(datetime.datetime, name, original, _CLOCK))
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))

    def _restore_datetime(self) -> None:
        _DATETIME.update(self._datetime_now)
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))


GUARD = Guard()
"""The one guard of this process, which has one `time` module."""
