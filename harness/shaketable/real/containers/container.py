"""One container of a run: started, killed, stopped, paused and started again at the same address."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shaketable.errors import HarnessError
from shaketable.real.containers.docker_engine import Engine, refusals
from shaketable.real.containers.owner import RUN
from shaketable.real.stack.launcher import Address
from shaketable.real.stack.readiness import WaitedInVain, accepts, wait_until

Ready = Callable[[str, int], Awaitable[bool]]
START_WITHIN_S = 60
_STOP_WITHIN_S = 10
_TAIL_LINES = 20
_LOOK_EVERY_S = 0.25
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Contents:
    """What runs in a container. Empty means: as the image says. `mounts`: host path -> (path inside, "ro" or "rw")."""

    image: str
    port: int
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    mounts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    is_ours: bool = True
    """Whether it needs no capability. A team's own image may, to become another user at its start."""
    ends_by: str = ""
    """For a server that a supervisor starts: the signal it ends by in order."""
    ready: Ready = accepts


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a container is and whose: its network, its address there, its labels."""

    network: str
    ip: str
    labels: Mapping[str, str]


class Box:
    """Made once; its files outlive a kill."""

    def __init__(self, engine: Engine, name: str, contents: Contents, spot: Spot) -> None:
        self.name = name
        self._engine = engine
        self._contents = contents
        self._spot = spot
        self._container: Any = None
        self._looked = 0.0

    @property
    def address(self) -> Address:
        return self._spot.ip, self._contents.port

    async def start(self) -> None:
        """Start it, made if it is not yet; nothing when it runs."""
        await self._engine.ask(self._make if self._container is None else self._container.start)

    async def wait_ready(self, *, within_s: float = START_WITHIN_S) -> None:
        """Wait until it answers; HarnessError with its last words when it ends or the time is over."""

        async def answers() -> bool:
            with contextlib.suppress(OSError, EOFError, HarnessError):  # not ready yet
                if await self._contents.ready(*self.address):
                    return True
            if await self.has_ended():
                raise HarnessError(await self.why_ended())
            return False

        try:
            await wait_until(answers, within_s=within_s, every_s=0.02, what=f"{self.name} to answer")
        except WaitedInVain as error:
            raise WaitedInVain(f"{error}; {await self.last_words()}") from error

    async def is_running(self) -> bool:
        """Whether its first process lives."""
        return bool((await self._state())["Running"])

    async def has_ended(self) -> bool:
        """The other way round, for those who ask all the time: the engine is only asked now and then."""
        now = time.monotonic()
        if now - self._looked < _LOOK_EVERY_S:
            return False
        self._looked = now
        return not await self.is_running()

    async def why_ended(self) -> str:
        """How it ended and its last words; empty while it runs or before its first start."""
        state = await self._state()
        if state["Running"] or "ExitCode" not in state:
            return ""
        return f"{self.name} ended with status {state['ExitCode']}; {await self.last_words()}"

    async def pid(self) -> int:
        """This machine's number of its first process; 0 when it is not running."""
        return int((await self._state())["Pid"])

    async def kill(self) -> bool:
        """SIGKILL for all its processes at once; False when it was not running."""
        return await self._unless_down(self._kill)

    async def stop(self) -> bool:
        """The image's own signal to end; one that has not ended after 10 s is killed."""
        return await self._unless_down(self._stop)

    async def pause(self) -> bool:
        """All its processes stand still; False when they do already, or it is not running."""
        return await self._unless_down(self._container.pause)

    async def resume(self) -> bool:
        return await self._unless_down(self._container.unpause)

    async def last_words(self) -> str:
        """The end of its log, for an error message."""
        if self._container is None:
            return "it was never started"
        try:
            said = await self._engine.ask(lambda: self._container.logs(tail=_TAIL_LINES))
        except HarnessError:
            return "its log is gone"
        lines = said.decode(errors="replace").splitlines()
        return (
            "\n".join(["its log ends with", *(f"  {line}" for line in lines)]) if lines else "it said nothing"
        )

    async def _state(self) -> Mapping[str, Any]:
        if self._container is None:
            return {"Running": False, "Pid": 0}
        client, identity = self._engine.client, self._container.id
        state: Mapping[str, Any] = (await self._engine.ask(lambda: client.api.inspect_container(identity)))[
            "State"
        ]
        return state

    async def _unless_down(self, act: Callable[[], None]) -> bool:
        """Do it; False when the engine says that the container is in no state for it."""
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

        return self._container is not None and await self._engine.ask(acted)

    def _kill(self) -> None:
        self._awake()
        self._container.kill()

    def _stop(self) -> None:
        from docker.errors import APIError

        self._awake()
        if not self._engine.client.api.inspect_container(self._container.id)["State"]["Running"]:
            raise APIError("it is not running")
        self._container.stop(timeout=_STOP_WITHIN_S)

    def _awake(self) -> None:
        """The engine signals no container that stands still."""
        from docker.errors import APIError

        with contextlib.suppress(APIError):
            self._container.unpause()

    def _make(self) -> None:
        from testcontainers.core.container import DockerContainer

        contents, client = self._contents, self._engine.client
        name = f"shaketable-{self._spot.labels[RUN]}-{self.name}"
        box = DockerContainer(contents.image, env=dict(contents.env), name=name)
        if contents.command:
            box.with_command(list(contents.command))
        for host, (inside, mode) in contents.mounts.items():
            box.with_volume_mapping(host, inside, mode)
        endpoint = client.api.create_endpoint_config(ipv4_address=self._spot.ip)
        box.with_kwargs(
            hostname=self.name,
            user=contents.user or None,
            entrypoint=list(contents.entrypoint) or None,
            labels=dict(self._spot.labels),
            network=self._spot.network,
            networking_config={self._spot.network: endpoint},
            cap_drop=["ALL"] if contents.is_ours else [],
            security_opt=["no-new-privileges"],
        )
        with refusals():
            try:
                box.start()
                self._container = client.containers.get(box.get_container_id())
            finally:
                box.get_docker_client().client.close()
