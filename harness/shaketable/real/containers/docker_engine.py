"""The Docker engine, asked from threads: its client blocks, and a caller that is cancelled must not lose a container."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from shaketable.errors import HarnessError
from shaketable.real.bounded_waits import WaitExpired, within

T = TypeVar("T")
_THREADS = 8
_ANSWER_S = 60
"""Of its client for each answer, and for each next piece of one."""
_SETTLED_WITHIN_S = 2 * _ANSWER_S
_PROBE_WITHIN_S = 5.0
_DEFAULT_HOST = "unix:///var/run/docker.sock"


class Engine:
    """One client; `ask` runs a blocking call of it. HarnessError when no engine answers."""

    def __init__(self) -> None:
        self.client = connect()
        self._threads = ThreadPoolExecutor(_THREADS, "shaketable-docker")

    async def ask(self, call: Callable[[], T], what: str) -> T:
        """Return what `call` returns; what the engine refuses is a HarnessError.

        `what` ends the sentence "waited 60 s for the Docker engine to ..." of the WaitExpired when no answer comes. A call
        that has begun is brought to its end even when its caller is cancelled.
        """
        with engine_errors(what):
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def settle(self) -> None:
        """Wait until every call that has begun is over; there are none afterwards."""
        threads, self._threads = self._threads, ThreadPoolExecutor(_THREADS, "shaketable-docker")
        over = asyncio.to_thread(lambda: threads.shutdown(wait=True, cancel_futures=True))
        what = "calls of the Docker engine that have begun to be over"
        await within(over, within_s=_SETTLED_WITHIN_S, what=what)

    def close(self) -> None:
        """Hang up."""
        self._threads.shutdown()  # of each call that is left the client gives up by itself
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
def engine_errors(what: str) -> Iterator[None]:
    """Make a HarnessError of what the engine refuses; of what it does not answer a WaitExpired that ends with `what`."""
    from docker.errors import DockerException
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (DockerException, RequestException, HTTPError, TimeoutError) as error:
        if _is_timeout(error):
            waited = f"waited {_ANSWER_S} s for the Docker engine to {what}, in vain"
            raise WaitExpired(waited) from error
        raise HarnessError(f"the Docker engine refused to {what}: {error}") from error


def _is_timeout(error: Exception) -> bool:
    """Tell whether no answer came in time, or only a part of one: then requests wraps, or lets pass, the error of urllib3."""
    from requests import Timeout
    from urllib3.exceptions import TimeoutError as PartTimeout

    return isinstance(error, Timeout | TimeoutError | PartTimeout) or any(
        isinstance(cause, PartTimeout) for cause in error.args
    )
