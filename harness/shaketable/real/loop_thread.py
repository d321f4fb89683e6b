"""An asyncio loop in a thread of its own: the tap and the oracles go on while the caller does other work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs coroutines for a synchronous caller. `close` cancels what is left and joins the thread."""

    def __init__(self) -> None:
        self.loop = _new_loop()
        self._waiting = self._interrupted = False
        self._thread = threading.Thread(target=self._run, name="shaketable-real", daemon=True)
        self._thread.start()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` in the thread and return its result here; Ctrl-C cancels it there."""
        if self._interrupted:
            coroutine.close()
            raise KeyboardInterrupt
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            self._waiting = True
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise
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
        """End the thread; nothing runs afterwards."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._cancel_all(), self.loop).result(10)
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(10)
        self.loop.close()

    async def _cancel_all(self) -> None:
        tasks = [t for t in asyncio.all_tasks(self.loop) if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()


def _new_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's loop where it is installed, as the services' is: the tap then needs a fifth less processor time."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
