"""PostgreSQL as a kind of server: rows and who committed them; nothing is under way at it but open transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shaketable.descriptions.placeholders import Address
from shaketable.real.oracles.oracle import Oracle
from shaketable.real.programs.postgres import USER
from shaketable.real.servers.server_kind import ServerKind
from shaketable.real.tap.postgres import PostgresFramer
from shaketable.subject import Part, System


def _environment(where: str, part: Part) -> Mapping[str, str]:
    return {"DATABASE_URL": f"postgresql://{USER}@{where}/{part.database}"}


def _oracle(system: System, name: str, address: Callable[[], Address]) -> Oracle:
    from shaketable.real.oracles.database import DatabaseOracle

    return DatabaseOracle(system, name, address)


POSTGRES = ServerKind(
    protocol="postgresql",
    name="postgres",
    framers=lambda: lambda client: PostgresFramer(client.note_session, client.refuses_session),
    as_process="shaketable.real.processes.postgres:AS_PROCESS",
    as_container="shaketable.real.containers.servers:POSTGRES",
    environment=_environment,
    is_linked=lambda part: part is not None and bool(part.database),
    oracle=_oracle,
)
