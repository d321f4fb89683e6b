"""A real thread as the carrier of a call: everything a component may ask of a thread is true."""

from __future__ import annotations

import threading
from _thread import LockType, allocate_lock

from shaketable.components.worker import Hand, Worker

JOIN_S = 5.0


class ParkedThread(Worker):
    """Waits for `_wake` whenever it does not run; whoever lets it run waits at `home`, which all threads share."""

    __slots__ = ("_home", "_thread", "_wake")

    def __init__(self, baton: Hand, home: LockType) -> None:
        self._home = home
        self._wake = allocate_lock()
        self._wake.acquire()
        self._thread = threading.Thread(target=self._serve, name="shaketable-call", daemon=True)
        super().__init__(baton, 0)
        self._thread.start()
        self.ident = self._thread.ident or 0

    def run(self, deadline_s: float) -> bool:
        self._wake.release()
        if self._home.acquire(True, deadline_s):
            return True
        self.lost = True  # it cannot be stopped, and it is a daemon
        return False

    def end(self) -> None:
        self._wake.release()
        self._thread.join(JOIN_S)

    def _stop(self) -> None:
        self._home.release()
        self._wake.acquire()

    def _serve(self) -> None:
        while True:
            self._wake.acquire()
            if self.idle:
                return
            self._work()
            if self.lost:  # the driver went on without it
                return
            self._home.release()
