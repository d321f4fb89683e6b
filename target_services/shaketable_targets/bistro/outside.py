"""Whom the desk asks: each by lines of its own and behind a fuse, unless it is set up otherwise."""

from __future__ import annotations

import threading
from typing import Any

from shaketable_targets.bistro.fuse import Blown, Fuse
from shaketable_targets.bistro.settings import CRITICS, FLOOR, FUSES, LINES, PATIENCE_S, SHUT_S
from shaketable_targets.threaded.json_http import call

_LINES = {CRITICS: 4, FLOOR: 2}
_OF_CRITICS = threading.Semaphore(_LINES[CRITICS])
_OF_ALL = Fuse(SHUT_S)


class NoAnswer(Exception):
    """There is none, because of this: broken, shut or busy."""


class Outside:
    """One whom the desk asks."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lines = _OF_CRITICS if LINES == "critics" else threading.Semaphore(_LINES[address])
        self._fuse = _OF_ALL if FUSES == "one" else Fuse(SHUT_S)

    def ask(self, path: str, guest: str) -> Any:
        """Return what is said there. Raises NoAnswer."""
        if not self._lines.acquire(blocking=False):
            raise NoAnswer("busy")
        try:
            fuse = Fuse(SHUT_S) if FUSES == "new" else self._fuse
            return fuse.ask(lambda: self.call(path, guest))
        except Blown:
            raise NoAnswer("shut") from None
        except OSError as error:
            raise NoAnswer("broken") from error
        finally:
            self._lines.release()

    def call(self, path: str, guest: str) -> Any:
        """Ask once. OSError if it fails."""
        status, said = call("GET", f"{self._address}{path}", PATIENCE_S, headers={"X-Guest": guest})
        if status >= 500:
            raise OSError(f"{path} is answered by {status}")
        return said
