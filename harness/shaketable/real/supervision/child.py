"""One process of a run, be it a server or a service: started, killed, stopped, paused, and started again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping

from shaketable.errors import HarnessError
from shaketable.real.bounded_waits import wait_until
from shaketable.real.stack.launcher import Address
from shaketable.real.stack.readiness import accepts
from shaketable.real.supervision.run_directory import RunDirectory
from shaketable.real.supervision.zygote_client import ZygoteClient

Ready = Callable[[str, int], Awaitable[bool]]
_START_WITHIN_S = 20
_STOP_WITHIN_S = 10
_ANSWER_WITHIN_S = 1


class Child:
    """A child of a zygote, listening at one address for the whole run."""

    def __init__(
        self,
        name: str,
        zygote: ZygoteClient,
        run: RunDirectory,
        address: Address,
        *,
        ready: Ready = accepts,
    ) -> None:
        self.name = name
        self.address = address
        self._zygote = zygote
        self._run = run
        self._ready = ready
        self._entry = ""
        self._env: Mapping[str, str] = {}

    def set_entry(self, entry: str, env: Mapping[str, str]) -> None:
        """Say what it runs from its next start on."""
        self._entry, self._env = entry, dict(env)

    async def start(self) -> None:
        """Fork it, unless it runs already."""
        if await self._zygote.pid(self.name) is None:
            await self._zygote.start(self.name, self._entry, self._env)

    async def wait_ready(self) -> None:
        """Wait until it answers; HarnessError with its log when it ends or the time is over."""

        async def ready() -> bool:
            if await self._answers():
                return True
            if await self._zygote.pid(self.name) is None:
                raise HarnessError(await self.why_ended() or f"{self.name} was never started")
            return False

        await wait_until(
            ready,
            within_s=_START_WITHIN_S,
            every_s=0.003,
            what=f"{self.name} to answer",
            explain=lambda: self._run.log_tail(self.name),
        )

    async def why_ended(self) -> str:
        """Say how it ended, with the end of its log; empty while it runs or before its first start."""
        code = await self._zygote.exit_code(self.name)
        if code is None:
            return ""
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        return f"{self.name} {how}; {self._run.log_tail(self.name)}"

    async def log_tail(self) -> str:
        """Return the end of its log, for an error message."""
        return self._run.log_tail(self.name)

    async def kill(self) -> bool:
        """Kill it: no clean-up code of it runs any more once this returns. False when it did not run."""
        return await self._zygote.signal(self.name, signal.SIGKILL)

    async def stop(self) -> bool:
        """Ask it to end and wait; one that has not ended after 10 s is killed, as every orchestrator does."""
        if not await self._zygote.signal(self.name, signal.SIGTERM):
            return False
        await self._zygote.signal(self.name, signal.SIGCONT)  # one that is paused could not obey

        async def gone() -> bool:
            return await self._zygote.pid(self.name) is None

        try:
            await wait_until(gone, within_s=_STOP_WITHIN_S, every_s=0.003, what=f"the end of {self.name}")
        except HarnessError:
            await self.kill()
        return True

    async def pause(self) -> bool:
        """Let it stand still until `resume`; False when it does not run."""
        return await self._zygote.signal(self.name, signal.SIGSTOP)

    async def resume(self) -> bool:
        return await self._zygote.signal(self.name, signal.SIGCONT)

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                return await self._ready(*self.address)
        except (OSError, EOFError):  # a TimeoutError is an OSError: not ready yet
            return False
