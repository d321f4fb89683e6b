"""The harness's end of one zygote: asks it to fork, to signal, and which children run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec

from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.real.bounded_waits import Condition, wait_until
from shaketable.real.supervision.run_directory import RunDirectory

_OPEN_WITHIN_S = 30
_ANSWER_WITHIN_S = 30


class Answer(msgspec.Struct, frozen=True):
    """A zygote's answer (harness/shaketable/real/zygote.py); fields that a command does not fill keep their default."""

    error: str = ""
    pid: int = 0
    done: bool = False
    running: dict[str, int] = {}
    ended: dict[str, int] = {}


class ZygoteClient:
    """Controls a zygote's children, by name. One command at a time; `name` is the zygote's own, as its log is called."""

    def __init__(self, name: str, socket: Path, run: RunDirectory) -> None:
        self.name = name
        self.socket = socket
        self._run = run
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self, has_ended: Condition) -> None:
        """Connect as soon as the zygote listens; HarnessError with its log when it ends instead."""

        async def connected() -> bool:  # within the limit below
            try:
                self._streams = await asyncio.open_unix_connection(self.socket)
            except (FileNotFoundError, ConnectionRefusedError):
                ended = has_ended()
                if ended if isinstance(ended, bool) else await ended:
                    raise HarnessError(
                        f"{self.name} did not start: {self._run.log_tail(self.name)}"
                    ) from None
                return False
            return True

        await wait_until(
            connected,
            within_s=_OPEN_WITHIN_S,
            every_s=0.005,
            what=f"{self.name} to start",
            explain=lambda: self._run.log_tail(self.name),
        )

    async def start(self, name: str, entry: str, env: Mapping[str, str]) -> int:
        """Fork a child that runs `entry` and return its pid, which the run directory remembers."""
        log = str(self._run.log(name))
        command: dict[str, Json] = {"do": "start", "name": name, "entry": entry, "env": dict(env), "log": log}
        return (await self._ask(command)).pid

    async def run(self, name: str, entry: str, env: Mapping[str, str], *, within_s: float) -> None:
        """Fork a child and wait for its end; HarnessError with its log unless it ends well."""
        await self.start(name, entry, env)

        async def ended() -> bool:
            return await self.pid(name) is None

        await wait_until(
            ended, within_s=within_s, every_s=0.003, what=name, explain=lambda: self._run.log_tail(name)
        )
        if await self.exit_code(name) != 0:
            raise HarnessError(f"{name} failed: {self._run.log_tail(name)}")

    async def signal(self, name: str, number: int) -> bool:
        """Signal a child and the processes of its group; return False when it does not run."""
        return (await self._ask({"do": "signal", "name": name, "signal": number})).done

    async def pid(self, name: str) -> int | None:
        """Return the pid of a child that runs; None when it does not."""
        return (await self._ask({"do": "status"})).running.get(name)

    async def exit_code(self, name: str) -> int | None:
        """Return the exit code of a child; None when it runs or was never started."""
        return (await self._ask({"do": "status"})).ended.get(name)

    def close(self) -> None:
        """Hang up; the children live on until their zygote ends."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _ask(self, command: Mapping[str, Json]) -> Answer:
        # A caller that is cancelled must not leave its answer in the stream for the next one to read.
        answer = await asyncio.shield(asyncio.ensure_future(self._exchange(command)))
        if answer.error:
            raise HarnessError(
                f"{self.name} could not {command['do']} {command.get('name', '')}: {answer.error}"
            )
        return answer

    async def _exchange(self, command: Mapping[str, Json]) -> Answer:
        async with self._lock:  # each exchange in front of this one has the same limit
            if self._streams is None:
                raise HarnessError(f"{self.name} is not open: start the launcher's servers first")
            reader, writer = self._streams
            try:
                async with asyncio.timeout(_ANSWER_WITHIN_S):
                    writer.write(msgspec.json.encode(command) + b"\n")
                    await writer.drain()
                    line = await reader.readline()
            except TimeoutError:
                self.close()  # an answer that comes now would be taken for the next command's
                what = f"{command['do']} {command.get('name', '')}".rstrip()
                raise HarnessError(f"waited {_ANSWER_WITHIN_S} s for {self.name} to {what}") from None
            except ConnectionError:
                line = b""
        if not line:
            raise HarnessError(f"{self.name} has ended: {self._run.log_tail(self.name)}")
        answer = msgspec.json.decode(line, type=Answer)
        if answer.pid:
            # Recorded here, where no cancelled caller can prevent it.
            self._run.record(str(command["name"]), answer.pid)
        return answer
