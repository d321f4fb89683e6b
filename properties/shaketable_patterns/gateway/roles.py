"""The roles of a gateway: what clients send, what instances behind it see, its routes, and who is listed."""

from __future__ import annotations

from functools import cached_property

from shaketable.mapping.conditions import Holds, Where, holds, never
from shaketable.mapping.roles import Effect, Role, Value


class Gateway(Role, frozen=True, kw_only=True, tag="gateway"):
    """The gateway itself: the role `part` in which its instances run, their names if there are several, and its `store` for limits."""

    part: str
    replicas: tuple[str, ...] = ()
    store: str = ""


class Upstream(Role, frozen=True, kw_only=True, tag="upstream"):
    """One route: paths below `prefix` go to `instances`, the names of parts of the system, all of which are listed at first."""

    prefix: str
    instances: tuple[str, ...]


class Demand(Role, frozen=True, kw_only=True, dict=True, tag="demand"):
    """An op that sends a request to the gateway.

    `of` names the request, `path` is its path as it was sent, `user` whose token it has. A token is `good` if the op is so, `bad` if it is so;
    one that is neither may be refused or not. `once` holds for a request that must not be repeated. Without `bad` and `once` none is so.
    """

    op: str
    of: Value
    path: Value
    good: Where
    bad: Where = {}
    user: Value = ""
    once: Where = {}

    @cached_property
    def is_good(self) -> Holds:
        """Tell whether an op has a good token."""
        return holds(self.good)

    @cached_property
    def is_bad(self) -> Holds:
        """Tell whether an op has a token that must be refused."""
        return holds(self.bad) if self.bad else never

    @cached_property
    def is_once(self) -> Holds:
        """Tell whether an op is a request that must not be repeated."""
        return holds(self.once) if self.once else never


class Forwarded(Role, frozen=True, kw_only=True, tag="forwarded"):
    """A request as an instance behind the gateway saw it; `seen.of` names it as its demand does.

    `instance` is who saw it, `path` what it was asked for, `user` all that it could take for the user's name, `via` which instance of the
    gateway sent it.
    """

    seen: Effect
    instance: Value
    path: Value = ""
    user: Value = ""
    via: Value = ""


class Membership(Role, frozen=True, kw_only=True, tag="membership"):
    """An op that puts an instance on the list or takes it off: which, and when it is so that it is on it."""

    op: str
    instance: Value
    listed: Where
