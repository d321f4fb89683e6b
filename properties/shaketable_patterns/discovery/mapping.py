"""The services and ops that play the roles of a registry."""

from __future__ import annotations

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Call, Role
from shaketable.profile import Profile
from shaketable_patterns.service_registry.bounds import Bounds
from shaketable_patterns.service_registry.roles import (
    Joining,
    Leaving,
    Listing,
    Member,
    Placing,
    RegistryReplica,
)
from shaketable_targets.discovery.settings import MEMBERS, PLATFORM, REGISTRIES

_INSTANCES = "answer.body.instances"
_ROLES: tuple[Role, ...] = (
    *(RegistryReplica(name=name, part=name) for name in REGISTRIES),
    *(Member(name=name, part=name) for name in MEMBERS),
    Placing(call=Call(PLATFORM, "placed", of="field.instance"), address="field.address"),
    Listing(name="who", op="who", at="field.at", instances=_INSTANCES),
    Listing(name="apps", op="apps", at="field.at", instances=_INSTANCES, direct=True),
    Leaving(op="leave", of="field.at"),
    Joining(op="join", of="field.at"),
)


def mapping(declared: Profile) -> Mapping:
    """Return who plays which role under a profile. UsageError for one by which nothing can be judged."""
    Bounds(declared)
    return Mapping(_ROLES, settings=declared.knobs)
