"""An asyncio loop in a thread of its own: the tap and the oracles go on while the caller does other work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from shaketable.real.bounded_waits import WaitExpired

T = TypeVar("T")
CALL_WITHIN_S = 300.0
"""Of a call that says no time of its own: what it waits for has a limit of its own, and all of them fit in here."""
_CLOSED_WITHIN_S = 10.0
_TASKS_MAX = 20


class LoopThread:
    """Runs coroutines for a synchronous caller. `close` cancels what is left and joins the thread."""

    def __init__(self) -> None:
        self.loop = _new_loop()
        self._waiting = self._interrupted = False
        self._thread = threading.Thread(target=self._run, name="shaketable-real", daemon=True)
        self._thread.start()

    def call(
        self, coroutine: Coroutine[Any, Any, T], *, within_s: float = CALL_WITHIN_S, what: str = ""
    ) -> T:
        """Run `coroutine` in the thread and return its result here; Ctrl-C cancels it there.

        WaitExpired when it has not ended in `within_s` seconds: with `what` it is (its name if nothing else is said), the
        places at which it waits and, as notes, those of every other task. It is cancelled, and not waited for.
        """
        if self._interrupted:
            coroutine.close()
            raise KeyboardInterrupt
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            self._waiting = True
            return future.result(within_s)
        except KeyboardInterrupt:
            future.cancel()
            raise
        except TimeoutError:
            if future.done():
                raise  # its own
            error = self._expired(coroutine, within_s, what or getattr(coroutine, "__qualname__", ""))
            future.cancel()
            raise error from None
        finally:
            self._waiting = False

    def interrupt(self) -> None:
        """Make this call, and each one from now on, a KeyboardInterrupt; for a signal handler of the calling thread.

        It is raised nowhere else, so what that thread does between its calls is never interrupted halfway.
        """
        self._interrupted = True
        if self._waiting:
            self._waiting = False
            raise KeyboardInterrupt

    def clear_interrupt(self) -> None:
        """Let calls run again: the caller cleans up."""
        self._interrupted = False

    def close(self) -> None:
        """End the thread; nothing runs afterwards. WaitExpired names what does not let itself be cancelled."""
        if not self._thread.is_alive():
            self.loop.close()
            return
        cancelling = self._cancel_all()
        try:
            asyncio.run_coroutine_threadsafe(cancelling, self.loop).result(_CLOSED_WITHIN_S)
        except TimeoutError:
            what = "what was under way to be cancelled"
            raise self._expired(cancelling, _CLOSED_WITHIN_S, what) from None
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(_CLOSED_WITHIN_S)
            if not self._thread.is_alive():  # else code on it blocks, and its loop cannot be closed
                self.loop.close()

    def _expired(self, coroutine: Coroutine[Any, Any, Any], within_s: float, what: str) -> WaitExpired:
        error = WaitExpired(f"waited {within_s:g} s for {what}, in vain; it waits in {_place_of(coroutine)}")
        for task in list(asyncio.all_tasks(self.loop))[:_TASKS_MAX]:
            other = task.get_coro()
            if other is not None and other is not coroutine:
                error.add_note(f"under way: {_place_of(other)}")
        return error

    async def _cancel_all(self) -> None:
        tasks = [t for t in asyncio.all_tasks(self.loop) if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()


def _place_of(waiting: Any) -> str:
    """Return the functions in which a coroutine waits, the outermost first, each with its file and line."""
    places = []
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "gi_frame", None)
        if frame is not None:
            name = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            places.append(f"{frame.f_code.co_name} ({name})")
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "gi_yieldfrom", None)
    return " > ".join(places) or "no place that is known"


def _new_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's loop where it is installed, as the services' is: the tap then needs a fifth less processor time."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
