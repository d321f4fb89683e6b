"""The roles of a gateway against their description."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.descriptions.description import Description
from shaketable.mapping.roles import Role
from shaketable_patterns.gateway.roles import Gateway, Upstream


def unknown_processes(role: Role, description: Description) -> Iterator[str]:
    """Yield the parts and processes that a role names and the description does not have."""
    parts = [part.name for part in description.parts]
    processes = [process for part in description.parts for process in part.processes]
    if isinstance(role, Gateway):
        if role.part not in parts:
            yield f"part: there is no part {role.part!r}; there are {', '.join(parts)}"
        for name in role.replicas:
            if name not in processes:
                yield f"replicas: there is no process {name!r}; there are {', '.join(processes)}"
    if isinstance(role, Upstream):
        for name in role.instances:
            if name not in processes:
                yield f"instances: there is no process {name!r}; there are {', '.join(processes)}"
