"""One container of a run: started, killed, stopped, paused and started again at the same address."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shaketable.errors import HarnessError
from shaketable.real.bounded_waits import WaitExpired, wait_until
from shaketable.real.containers.docker_engine import Engine, engine_errors
from shaketable.real.containers.owner import RUN
from shaketable.real.stack.launcher import Address
from shaketable.real.stack.readiness import accepts

Ready = Callable[[str, int], Awaitable[bool]]
_START_WITHIN_S = 60
_ANSWER_WITHIN_S = 5
_STOP_WITHIN_S = 10
_TAIL_LINES = 20
_ASK_ENGINE_EVERY_S = 0.25
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """The program of a container. Empty means: as the image says. `mounts`: host path -> (path inside, "ro" or "rw")."""

    image: str
    port: int
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    mounts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    is_ours: bool = True
    """True when it needs no capability. A team's own image may, to become another user at its start."""
    ends_by: str = ""
    """For a server that a supervisor starts: the signal it ends by in order."""
    ready: Ready = accepts


@dataclass(frozen=True, slots=True)
class Placement:
    """The place of a container: its network, its address there, and its labels, which name its run."""

    network: str
    ip: str
    labels: Mapping[str, str]


class Container:
    """Made once; its files outlive a kill."""

    def __init__(self, engine: Engine, name: str, spec: ContainerSpec, placement: Placement) -> None:
        self.name = name
        self._engine = engine
        self._spec = spec
        self._placement = placement
        self._handle: Any = None  # the engine client's object, once it is made
        self._asked_s = 0.0

    @property
    def address(self) -> Address:
        return self._placement.ip, self._spec.port

    async def start(self) -> None:
        """Start it, made if it is not yet; do nothing when it runs."""
        start = self._make if self._handle is None else self._handle.start
        await self._engine.ask(start, f"start {self.name}")

    async def wait_ready(self) -> None:
        """Wait until it answers; HarnessError with the end of its log when it ends or the time is over."""

        async def answers() -> bool:
            with contextlib.suppress(OSError, EOFError, HarnessError):  # not ready yet
                async with asyncio.timeout(_ANSWER_WITHIN_S):  # a question that is lost is asked again
                    if await self._spec.ready(*self.address):
                        return True
            if await self.has_ended():
                raise HarnessError(await self.why_ended())
            return False

        try:
            await wait_until(answers, within_s=_START_WITHIN_S, every_s=0.02, what=f"{self.name} to answer")
        except WaitExpired as error:
            raise WaitExpired(f"{error}; {await self.log_tail()}") from error

    async def is_running(self) -> bool:
        """Tell whether its first process lives."""
        return bool((await self._state())["Running"])

    async def has_ended(self) -> bool:
        """Tell whether it has ended, for a caller that asks often: the engine is only asked now and then."""
        now_s = time.monotonic()
        if now_s - self._asked_s < _ASK_ENGINE_EVERY_S:
            return False
        self._asked_s = now_s
        return not await self.is_running()

    async def why_ended(self) -> str:
        """Say how it ended, with the end of its log; empty while it runs or before its first start."""
        state = await self._state()
        if state["Running"] or "ExitCode" not in state:
            return ""
        return f"{self.name} ended with status {state['ExitCode']}; {await self.log_tail()}"

    async def pid(self) -> int:
        """Return this machine's number of its first process; 0 when it is not running."""
        return int((await self._state())["Pid"])

    async def kill(self) -> bool:
        """Kill all its processes at once (SIGKILL); False when it was not running."""
        return await self._unless_down(self._kill, "kill")

    async def stop(self) -> bool:
        """Send the image's own signal to end; one that has not ended after 10 s is killed."""
        return await self._unless_down(self._stop, "stop")

    async def pause(self) -> bool:
        """Let all its processes stand still; False when they do already, or it is not running."""
        return await self._unless_down(self._handle.pause, "pause")

    async def resume(self) -> bool:
        return await self._unless_down(self._handle.unpause, "resume")

    async def log_tail(self) -> str:
        """Return the end of its log, for an error message."""
        if self._handle is None:
            return "it was never started"
        try:
            what = f"tell the end of the log of {self.name}"
            said = await self._engine.ask(lambda: self._handle.logs(tail=_TAIL_LINES), what)
        except HarnessError:
            return "its log is gone"
        lines = said.decode(errors="replace").splitlines()
        return (
            "\n".join(["its log ends with", *(f"  {line}" for line in lines)]) if lines else "it said nothing"
        )

    async def _state(self) -> Mapping[str, Any]:
        if self._handle is None:
            return {"Running": False, "Pid": 0}
        inspect, identity = self._engine.client.api.inspect_container, self._handle.id
        found = await self._engine.ask(lambda: inspect(identity), f"tell the state of {self.name}")
        state: Mapping[str, Any] = found["State"]
        return state

    async def _unless_down(self, act: Callable[[], None], verb: str) -> bool:
        """Do it, as `verb` says; return False when the engine says that the container is in no state for it."""
        from docker.errors import APIError

        def acted() -> bool:
            try:
                act()
            except APIError as error:
                if (
                    error.status_code == _CONFLICT
                    or "not running" in str(error)
                    or "not paused" in str(error)
                ):
                    return False
                raise
            return True

        return self._handle is not None and await self._engine.ask(acted, f"{verb} {self.name}")

    def _kill(self) -> None:
        self._unpause()
        self._handle.kill()

    def _stop(self) -> None:
        from docker.errors import APIError

        self._unpause()
        if not self._engine.client.api.inspect_container(self._handle.id)["State"]["Running"]:
            raise APIError("it is not running")
        self._handle.stop(timeout=_STOP_WITHIN_S)

    def _unpause(self) -> None:
        """Let it go on if it is paused: the engine signals no container that stands still."""
        from docker.errors import APIError

        with contextlib.suppress(APIError):
            self._handle.unpause()

    def _make(self) -> None:
        from testcontainers.core.container import DockerContainer

        spec, client = self._spec, self._engine.client
        name = f"shaketable-{self._placement.labels[RUN]}-{self.name}"
        made = DockerContainer(spec.image, env=dict(spec.env), name=name)
        if spec.command:
            made.with_command(list(spec.command))
        for host, (inside, mode) in spec.mounts.items():
            made.with_volume_mapping(host, inside, mode)
        endpoint = client.api.create_endpoint_config(ipv4_address=self._placement.ip)
        made.with_kwargs(
            hostname=self.name,
            user=spec.user or None,
            entrypoint=list(spec.entrypoint) or None,
            labels=dict(self._placement.labels),
            network=self._placement.network,
            networking_config={self._placement.network: endpoint},
            cap_drop=["ALL"] if spec.is_ours else [],
            security_opt=["no-new-privileges"],
        )
        with engine_errors(f"make {self.name}"):
            try:
                made.start()
                self._handle = client.containers.get(made.get_container_id())
            finally:
                made.get_docker_client().client.close()
