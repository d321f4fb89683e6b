"""Kafka as a kind of server: records, and whether every group has committed all that is on its topics.

Neither of its programs is crashed. Tansu, in the world `processes`, would lose what it acknowledged; Apache Kafka, in
`containers`, takes seconds to start again, which is minutes of a schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shaketable.descriptions.placeholders import Address
from shaketable.real.oracles.oracle import Oracle
from shaketable.real.servers.server_kind import MakeFramer, ServerKind
from shaketable.subject import Part, System


def _framers() -> MakeFramer:
    from shaketable.real.tap.kafka.bodies import TopicIds
    from shaketable.real.tap.kafka.framer import KafkaFramer  # its codecs are not for the doctor to need

    ids = TopicIds()  # a client asks for Metadata on one connection and fetches on another
    return lambda client: KafkaFramer(
        lambda *_: client.address(), ids
    )  # its own edge, whatever broker it asks for


def _environment(where: str, _: Part) -> Mapping[str, str]:
    return {"KAFKA_BOOTSTRAP": where}


def _oracle(system: System, name: str, address: Callable[[], Address]) -> Oracle:
    from shaketable.real.oracles.broker import BrokerOracle

    return BrokerOracle(system, name, address)


async def _members_of(host: str, port: int, group: str) -> int:
    from shaketable.real.oracles.group_offsets import members_of

    return await members_of(f"{host}:{port}", group)


async def _put_out(host: str, port: int, group: str, member: str) -> bool:
    from shaketable.real.oracles.departure import put_out

    return await put_out(host, port, group, member)


KAFKA = ServerKind(
    protocol="kafka",
    name="kafka",
    framers=_framers,
    as_process="shaketable.real.processes.tansu:AS_PROCESS",
    as_container="shaketable.real.containers.servers:KAFKA",
    environment=_environment,
    oracle=_oracle,
    keeps_its_state=False,
    members_of=_members_of,
    put_out=_put_out,
    has_groups=True,
)
