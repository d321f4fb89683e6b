"""The start of a part, and what its owner is told when it does not come up: whose fault it is, how it ended, its log."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping

from shaketable.errors import HarnessError, PartNotStarted
from shaketable.real.bounded_waits import WaitExpired, wait_until
from shaketable.real.stack.launcher import Launcher
from shaketable.real.stack.readiness import accepts, status_of
from shaketable.subject import Part

READY_WITHIN_S = 20.0
_LINES_MAX = 10
"""Of a log: the end of a traceback, and a line or two before it."""
_OK = 200


async def _no_members(_: Part) -> int:
    return 0


class PartStarter:
    """Starts the parts of a system, for the first time and after an outage; PartNotStarted when one does not come up.

    `members` counts who was let into the consumer group of a part. After an outage a part of a group is ready as soon as
    it runs: its broker may be cut off just then, and a member that was killed counts until its session is over.
    """

    def __init__(
        self,
        launcher: Launcher,
        parts: Iterable[Part],
        members: Callable[[Part], Awaitable[int]] = _no_members,
        *,
        ready_within_s: float = READY_WITHIN_S,
    ) -> None:
        self._launcher = launcher
        self._parts = {part.name: part for part in parts}
        self._members = members
        self._of_group = Counter(part.group for part in self._parts.values())
        self._ready_within_s = ready_within_s

    async def start_all(self, environments: Mapping[str, Mapping[str, str]]) -> None:
        """Start every part with its environment, and wait until all are ready."""
        for part in self._parts.values():
            await self._launcher.start_service(part, environments[part.name])
        await asyncio.gather(*(self._wait_ready(part) for part in self._parts.values()))

    async def start_again(self, party: str) -> None:
        """Start a party that was down, at the same address, and wait until it is ready."""
        part = self._parts.get(party)
        if part is None:  # a server: it is ready when its launcher says so
            await self._launcher.start_again(party)
            return
        try:
            await self._launcher.start_again(party)
        except HarnessError as error:
            raise await self._blamed(part, error, "does not listen", again=True) from error
        await self._wait_ready(part, again=True)

    async def _wait_ready(self, part: Part, *, again: bool = False) -> None:
        """Wait until it is ready, as `Part.ready` says."""
        address, said = self._launcher.address(part.name), ""

        async def healthy() -> bool:
            nonlocal said
            if await self._launcher.why_ended(part.name):
                raise HarnessError(f"{part.name} has ended")
            try:
                if part.group and not again:
                    there = await self._members(part)
                    said = f"{there} members were"
                    return there >= self._of_group[part.group]
                if part.group or part.ready == "none":
                    return True
                if part.ready == "port":
                    return await accepts(*address)
                status = await status_of(*address, part.ready)
            except OSError as error:
                said = f"{type(error).__name__}: {error}"
                return False
            said = f"status {status}"
            return status == _OK

        what = f"{part.name} answers {part.ready}"
        every_s = 0.1 if part.group else 0.02  # a broker is asked by a new connection each time
        try:
            await wait_until(healthy, within_s=self._ready_within_s, every_s=every_s, what=what)
        except HarnessError as error:
            host, port = address
            if part.ready.startswith("/"):
                symptom = f"GET {part.ready} at {host}:{port} never gave 200 in {self._ready_within_s:g} s, but {said}"
            elif part.group:
                symptom = (
                    f"{said or 'no member was'} let into consumer group {part.group!r} in {self._ready_within_s:g} s, "
                    f"and {self._of_group[part.group]} part(s) have to be"
                )
            else:
                symptom = f"nothing listened at {host}:{port} for {self._ready_within_s:g} s"
            raise await self._blamed(part, error, symptom, again=again) from error

    async def _blamed(self, part: Part, error: HarnessError, symptom: str, *, again: bool) -> HarnessError:
        """Return `error` as the part's own when it has ended, or runs and is not ready; else the launcher's, as it is."""
        why = await self._launcher.why_ended(part.name)
        if not why and not isinstance(error, WaitExpired):
            return error
        did = "did not come back after an outage" if again else "did not start"
        how, *log = (why or f"{symptom}; {await self._launcher.log_tail(part.name)}").splitlines()
        notes = [*log[-_LINES_MAX:], _advice(part, ended=bool(why), again=again)]
        return PartNotStarted(f"{part.name} {did}: {how.removeprefix(part.name).strip()}", notes)


def _advice(part: Part, *, ended: bool, again: bool) -> str:
    where = "image, command and env" if part.is_black_box else "entry and env"
    if ended and again:
        return "nothing here starts it once more: have it wait for what it needs instead of ending"
    if ended:
        return f"see its {where}: it has to run until SIGTERM, also while what it needs is not there yet"
    listens = "{http_host} and {http_port}" if part.is_black_box else "HTTP_HOST and HTTP_PORT"
    if part.group:
        return f"see its {where}: it has to join the consumer group {part.group!r}"
    if not part.ready.startswith("/"):
        return f"see its {where}: it has to listen at {listens}"
    return f"see its {where}: it has to listen at {listens} and to answer GET {part.ready} with 200"
