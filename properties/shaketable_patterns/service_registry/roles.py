"""The roles of a registry: its replicas, the instances that register, and the ops that ask who is there."""

from __future__ import annotations

from shaketable.mapping.roles import Call, Role, Value


class RegistryReplica(Role, frozen=True, kw_only=True, tag="registry"):
    """A process, or a server, that keeps the registrations."""

    part: str


class Member(Role, frozen=True, kw_only=True, tag="member"):
    """A process that registers by itself when it starts, and heartbeats; `id` is how listings call it (its `part`, if nothing is said)."""

    part: str
    id: str = ""

    @property
    def listed_as(self) -> str:
        """The id by which listings name it."""
        return self.id or self.part


class Placing(Role, frozen=True, kw_only=True, tag="placing"):
    """A third party places a starting process, `call.of`, at an `address`, and keeps a ledger of that."""

    call: Call
    address: Value


class Listing(Role, frozen=True, kw_only=True, tag="listing"):
    """The op that asks the process `at` who is there. `instances` is a list in its answer; of each entry, as `field`, `id` and `address`.

    `direct` is one that a replica of the registry answers, rather than a client out of its copy.
    """

    op: str
    at: Value
    instances: Value
    id: Value = "field.id"
    address: Value = "field.address"
    direct: bool = False


class Leaving(Role, frozen=True, kw_only=True, tag="leaving"):
    """The op by which the instance `of` (its part) takes leave; ok once it has."""

    op: str
    of: Value


class Joining(Role, frozen=True, kw_only=True, tag="joining"):
    """The op by which the instance `of` (its part) registers again; ok once it has."""

    op: str
    of: Value
