"""A server whose power can be cut in milliseconds: its container stays, and what runs in it is killed and started.

Taking a container down and up again costs half a second of processor time, which is ten seconds of a schedule. So the
container's first process is a few lines of shell, which every image with a shell can run in front of its own
entry point; it is told what to do through one pipe and answers through another.
"""

from __future__ import annotations

import asyncio
import os
import select
import time
from dataclasses import replace
from pathlib import Path

from shaketable.errors import HarnessError
from shaketable.real.bounded_waits import WaitExpired, wait_until
from shaketable.real.containers.container import Container, ContainerSpec, Placement
from shaketable.real.containers.docker_engine import Engine
from shaketable.real.supervision.identity import children_of, identity_of

SCRIPT = """
exec 3<> "$1/do" 4<> "$1/done"
ends_by=$2
shift 2
"$@" 3<&- 4<&- &
echo start >&4
while read -r what <&3; do
  case "$what" in
    kill) kill -KILL -1; wait ;;
    stop) kill "-$ends_by" "$!" ;;
    start) "$@" 3<&- 4<&- & ;;
  esac 2> /dev/null
  echo "$what" >&4
done
"""
INSIDE = "/supervisor"
_ANSWER_S = 10
_GONE_WITHIN_S = 10


class SupervisedContainer(Container):
    """A `Container` of a `supervised` spec; `pipes` is their folder."""

    def __init__(
        self, pipes: Path, engine: Engine, name: str, spec: ContainerSpec, placement: Placement
    ) -> None:
        super().__init__(engine, name, spec, placement)
        self._pipes = pipes
        self._first_pid = 0
        self._is_paused = False

    async def start(self) -> None:
        if self._handle is None:
            await super().start()
            self._first_pid = await self.pid()
            if identity_of(self._first_pid) is None and await super().is_running():
                raise HarnessError(
                    "the processes of containers cannot be seen from here: run this where the Docker engine runs"
                )
            await self._engine.ask(lambda: _await_done(self._pipes, "start", self.name), f"start {self.name}")
        elif not await self.is_running():
            await self._order("start")

    async def is_running(self) -> bool:
        """Tell whether the server runs: the first process always does."""
        return bool(self._handle and children_of(self._first_pid))

    async def why_ended(self) -> str:
        if self._handle is None or await self.is_running():
            return ""
        return f"{self.name} has ended; {await self.log_tail()}"

    async def kill(self) -> bool:
        """Kill every process of the server by SIGKILL; none is left when this returns."""
        if not await self.is_running():
            return False
        ordered = asyncio.ensure_future(self._order("kill"))
        await self.resume()  # a server that was paused finds the order waiting
        await ordered
        await self._wait_gone()
        return True

    async def stop(self) -> bool:
        if not await self.is_running():
            return False
        await self.resume()
        await self._order("stop")
        try:
            await self._wait_gone()
        except HarnessError:
            await self.kill()
        return True

    async def pause(self) -> bool:
        paused = await self.is_running() and await super().pause()
        self._is_paused = self._is_paused or paused
        return paused

    async def resume(self) -> bool:
        was_paused, self._is_paused = self._is_paused, False
        return was_paused and await super().resume()

    async def _order(self, what: str) -> None:
        await self._engine.ask(lambda: _give_order(self._pipes, what, self.name), f"{what} {self.name}")

    async def _wait_gone(self) -> None:
        await wait_until(
            lambda: not children_of(self._first_pid),
            within_s=_GONE_WITHIN_S,
            every_s=0.003,
            what=f"the end of {self.name}'s processes",
        )


def supervised(spec: ContainerSpec, own: tuple[str, ...], pipes: Path) -> ContainerSpec:
    """Put `spec` behind a supervisor; `own` is the entry point that the image names, `pipes` an empty folder."""
    for name in ("do", "done"):
        os.mkfifo(pipes / name)
        os.chmod(pipes / name, 0o666)  # the server's user is the image's, unknown out here
    return replace(
        spec,
        entrypoint=("/bin/sh", "-c", SCRIPT, "supervisor", INSIDE, spec.ends_by, *own),
        mounts={**spec.mounts, str(pipes): (INSIDE, "rw")},
    )


def _give_order(pipes: Path, what: str, name: str) -> None:
    """Give one order and wait until it is carried out."""
    do = os.open(pipes / "do", os.O_RDWR | os.O_CLOEXEC)
    try:
        os.write(do, f"{what}\n".encode())
        _await_done(pipes, what, name)
    finally:
        os.close(do)


def _await_done(pipes: Path, what: str, name: str) -> None:
    """Wait until `what` is carried out; a late answer to an order that was given up is passed over."""
    done = os.open(pipes / "done", os.O_RDWR | os.O_CLOEXEC)
    try:
        give_up_s = time.monotonic() + _ANSWER_S
        while select.select([done], [], [], max(0.0, give_up_s - time.monotonic()))[0]:
            if what in os.read(done, 100).decode().split():
                return
        raise WaitExpired(f"waited {_ANSWER_S} s for the supervisor of {name} to {what} it, in vain")
    finally:
        os.close(done)
