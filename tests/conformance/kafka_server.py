"""Apache Kafka itself in KRaft mode on loopback, from its jars: `python -m tests.conformance.kafka_server` fetches them.

The jars are looked for in `$KAFKA_HOME` (or its `libs`), then in the cache folder that the fetch fills from Maven
Central with the versions that `images/kafka/pom.xml` pins.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

from shaketable.real.processes.server_user import is_reachable, server_uid
from tests.conformance.servers import Server, free_port

_POM = Path(__file__).parents[2] / "images" / "kafka" / "pom.xml"
_CLUSTER = "c2hha2V0YWJsZS1rYWZrYQ"
_JAVA = ("-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "100",
    "auto.create.topics.enable": "false",
    "broker.heartbeat.interval.ms": "100",
    "num.network.threads": "1",
    "num.io.threads": "2",
    "background.threads": "1",
    "log.cleaner.enable": "false",
}


def cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "shaketable" / "kafka"


def jars() -> Path | None:
    """Return the folder of Kafka's jars, if there is one and a `java` to run them."""
    home = os.environ.get("KAFKA_HOME")
    folders = [Path(home), Path(home) / "libs"] if home else []
    for folder in [*folders, cache()]:
        if any(folder.glob("kafka_2.13-*.jar")) and shutil.which("java"):
            return folder
    return None


def fetch() -> Path:
    """Fill the cache folder from Maven Central, if it is empty."""
    folder = cache()
    if not any(folder.glob("kafka_2.13-*.jar")):
        folder.mkdir(parents=True, exist_ok=True)
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
        command = ["mvn", "-q", "-B", "-f", str(_POM), goal, "-DincludeScope=runtime"]
        subprocess.run([*command, f"-DoutputDirectory={folder}"], check=True)
    return folder


def kafka(folder: Path) -> Server:
    """Start one, its folder formatted; AssertionError when it does not come up."""
    server = Server("kafka", folder, ready_within_s=90)
    found = jars()
    assert found is not None
    if server_uid() is not None and not is_reachable(found):
        found = Path(shutil.copytree(found, folder / "jars"))
    controller = free_port()
    listeners = f"PLAINTEXT://127.0.0.1:{server.port},CONTROLLER://127.0.0.1:{controller}"
    settings = {
        **SETTINGS,
        "listeners": listeners,
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{server.port}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "log.dirs": str(folder / "data"),
    }
    written = folder / "server.properties"
    written.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    (folder / "log4j.properties").write_text(_LOG4J)
    java = [
        shutil.which("java") or "java",
        *_JAVA,
        f"-Dlog4j.configuration=file:{folder / 'log4j.properties'}",
        "-cp",
        f"{found}/*",
    ]
    server.run(
        [*java, "kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER, "--config", str(written)]
    )
    server.start([*java, "kafka.Kafka", str(written)], _answers)
    return server


_LOG4J = """log4j.rootLogger=ERROR, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
"""


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    print(fetch())  # noqa: T201
