"""The Docker engine, asked from threads: its client blocks, and a caller that is cancelled must not lose a container."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from shaketable.errors import HarnessError

T = TypeVar("T")
_THREADS = 8
_ANSWER_S = 60
_PROBE_WITHIN_S = 5.0
_DEFAULT_HOST = "unix:///var/run/docker.sock"


class Engine:
    """One client; `ask` runs a blocking call of it. HarnessError when no engine answers."""

    def __init__(self) -> None:
        self.client = connect()
        self._threads = ThreadPoolExecutor(_THREADS, "shaketable-docker")

    async def ask(self, call: Callable[[], T]) -> T:
        """Return what `call` returns; what the engine refuses is a HarnessError.

        A call that has begun is brought to its end even when its caller is cancelled.
        """
        with engine_errors():
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def settle(self) -> None:
        """Wait until every call that has begun is over; there are none afterwards."""
        threads = self._threads
        await asyncio.to_thread(lambda: threads.shutdown(wait=True, cancel_futures=True))
        self._threads = ThreadPoolExecutor(_THREADS, "shaketable-docker")

    def close(self) -> None:
        """Hang up."""
        self._threads.shutdown()
        self.client.close()


def connect() -> Any:
    """Return a client of the engine that the environment names; HarnessError with the reason when none answers."""
    import docker
    from docker.errors import DockerException
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.docker_client import DockerClient, get_docker_host

    # Its cleaner is an image that may not be had; we sweep by our own labels instead (sweep.py).
    testcontainers_config.ryuk_disabled = True
    host = get_docker_host() or _DEFAULT_HOST
    try:
        _probe(host)
        client: docker.DockerClient = DockerClient(timeout=_ANSWER_S).client
        client.ping()
    except (DockerException, OSError) as error:
        raise HarnessError(f"no Docker engine answers at {host}: {error}") from error
    return client


def _probe(host: str) -> None:
    """Raise OSError when nothing listens there: the client leaves a socket open when its own connect fails."""
    if host.startswith("unix://") and hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_PROBE_WITHIN_S)
            probe.connect(host.removeprefix("unix://"))


@contextlib.contextmanager
def engine_errors() -> Iterator[None]:
    """Make a HarnessError of what the engine refuses."""
    from docker.errors import DockerException
    from requests import RequestException

    try:
        yield
    except (DockerException, RequestException) as error:
        raise HarnessError(f"the Docker engine refused: {error}") from error
