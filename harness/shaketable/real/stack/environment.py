"""The environment that a service is started with: as docs/real-worlds.md promises, or as a description says."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.descriptions import placeholders
from shaketable.real.servers.server_kind import ServerKind
from shaketable.real.stack.launcher import Address, Launcher
from shaketable.real.stack.wiring import joined
from shaketable.subject import Part, System


def environment(
    part: Part,
    system: System,
    launcher: Launcher,
    kinds: Mapping[str, ServerKind],
    places: Mapping[str, Address],
    *,
    scale: float,
    session_timeout_ms: int,
) -> dict[str, str]:
    """Return the whole environment of `part`.

    `places` is where the part finds each party; `session_timeout_ms` is agreed with the broker, in real milliseconds.
    Raises UsageError for a black box's placeholder that means nothing here.
    """
    host, port = launcher.address(part.name)
    if part.is_black_box:
        return placeholders.environment(part.env, (host, port), places, scale, session_timeout_ms)
    env = {
        "SERVICE_NAME": part.name,
        "HTTP_HOST": host,
        "HTTP_PORT": str(port),
        "KAFKA_SESSION_TIMEOUT_MS": str(session_timeout_ms),
        "IO_TIMEOUT_MS": str(system.io_timeout_ms),
        "TIME_SCALE": str(scale),
        "CLOCK_OFFSET_FILE": launcher.clock_offset_file(part.name),
    }
    for server, address in places.items():
        where = joined(address)
        if server in kinds:
            env.update(kinds[server].environment(where, part))
        else:
            env[f"PEER_{server.upper().replace('-', '_')}"] = f"http://{where}"
    return {**env, **part.env}
