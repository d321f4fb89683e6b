"""The servers of a run as containers, started alike from their official images and from ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shaketable.entry_point import load
from shaketable.real import toxiproxy as toxiproxy_server
from shaketable.real.containers.container import ContainerSpec
from shaketable.real.programs import kafka as kafka_server
from shaketable.real.programs import postgres as postgres_server
from shaketable.real.programs import redis as redis_server
from shaketable.real.servers.server_kind import ServerKind

TOXIPROXY = "toxiproxy"
TOXIPROXY_PORT = 8474
_POSTGRES_PORT, _KAFKA_PORT, _REDIS_PORT = 5432, 9092, 6379
TOXIPROXY_LISTENS_FROM = 20_000

# Settings that only the wheel's newer version knows, or that belong to its place on the host.
_NOT_HERE = {"listen_addresses", "unix_socket_directories", "io_method", "dynamic_shared_memory_type"}


def _postgres(image: str, ip: str) -> ContainerSpec:
    """Return its spec. A committed transaction survives the death of the server: it was handed to the kernel."""
    settings = {name: value for name, value in postgres_server.SETTINGS.items() if name not in _NOT_HERE}
    settings["listen_addresses"] = ip
    return ContainerSpec(
        image,
        _POSTGRES_PORT,
        ("postgres", *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))),
        {"POSTGRES_HOST_AUTH_METHOD": "trust"},
        user=postgres_server.USER,
        ends_by="INT",  # its fast shutdown: at a TERM it would wait for its clients to go
        ready=postgres_server.answers,
    )


def _redis(image: str, ip: str) -> ContainerSpec:
    """Return its spec. It keeps nothing: a crash empties the cache."""
    options = {
        "bind": ip,
        "protected-mode": "no",
        "save": "",
        "appendonly": "no",
        "maxmemory": "128mb",
        "loglevel": "notice",
    }
    command = ("redis-server", *(word for name, value in options.items() for word in (f"--{name}", value)))
    return ContainerSpec(
        image, _REDIS_PORT, command, user="redis", ends_by="TERM", ready=redis_server.answers
    )


def _kafka(image: str, ip: str) -> ContainerSpec:
    """Return the spec of one node that is broker and controller. The tap rewrites its address for each client.

    It would keep what it acknowledged, but it takes seconds to start again, which is minutes of a schedule: a crash of
    this party is an outage at the tap.
    """
    settings = {
        "node.id": "1",
        "process.roles": "broker,controller",
        "listeners": "PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093",
        "advertised.listeners": f"PLAINTEXT://{ip}:9092",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": "1@127.0.0.1:9093",
        "log.dirs": "/var/lib/kafka/data",
        # It starts as soon as its controller has seen one heartbeat. It is never started again, so its session may be long:
        # on a busy machine a short one ends, and then no client finds a broker.
        "broker.heartbeat.interval.ms": "50",
        "broker.session.timeout.ms": "9000",
        "controller.quorum.election.timeout.ms": "100",
        "controller.quorum.election.backoff.max.ms": "50",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "100",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "auto.create.topics.enable": "false",
        "num.network.threads": "2",
        "num.io.threads": "2",
        "background.threads": "2",
        "log.cleaner.enable": "false",
        "log.index.size.max.bytes": "1048576",
    }
    env = {f"KAFKA_{name.replace('.', '_').upper()}": value for name, value in settings.items()}
    env["KAFKA_HEAP_OPTS"] = "-Xms64m -Xmx320m"
    env["KAFKA_JVM_PERFORMANCE_OPTS"] = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    return ContainerSpec(image, _KAFKA_PORT, env=env, ready=kafka_server.answers)


def toxiproxy(image: str, ip: str) -> ContainerSpec:
    """Return its spec. It runs under the user id that owns nothing, for its official image names no user."""
    return ContainerSpec(
        image,
        TOXIPROXY_PORT,
        (f"-host={ip}",),
        toxiproxy_server.ENV,
        user="65534:65534",
        ready=toxiproxy_server.answers,
    )


@dataclass(frozen=True, slots=True)
class AsContainer:
    """The start of a kind of server: the spec is made from the image and the server's address.

    `local` is the image that `make images` builds, `official` the one that is taken if the engine has it.
    """

    spec: Callable[[str, str], ContainerSpec]
    port: int
    official: str
    local: str


POSTGRES = AsContainer(_postgres, _POSTGRES_PORT, "postgres:16", "shaketable/postgres")
KAFKA = AsContainer(_kafka, _KAFKA_PORT, "apache/kafka:3.9.1", "shaketable/kafka")
REDIS = AsContainer(_redis, _REDIS_PORT, "redis:7", "shaketable/redis")


def as_container(kind: ServerKind) -> AsContainer | None:
    """Return how this world starts a server of `kind`; None if it cannot."""
    if not kind.as_container:
        return None
    found: AsContainer = load(kind.as_container)
    return found
