"""The form in which a kind of server is declared: all that the real worlds have to know of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from shaketable.descriptions.placeholders import Address
from shaketable.real.oracles.oracle import Oracle
from shaketable.real.tap.framer import ClientEnd, Framer
from shaketable.subject import Part, System

MakeFramer = Callable[[ClientEnd], Framer]
"""Makes the framer of one connection."""


def _any_party(_: Part | None) -> bool:
    return True


def _nothing(_where: str, _part: Part) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKind:
    """A kind of server. A party of a system is of the kind whose `protocol` its clients speak, whatever its name."""

    protocol: str
    name: str
    """Its word in images, folders and messages."""
    framers: Callable[[], MakeFramer]
    """Called once for each server of a system: what is shared by the framers of its connections is made here."""
    as_process: str = ""
    """`package.module:name` of its `shaketable.real.processes.server_place.AsProcess`; empty: `processes` cannot start it."""
    as_container: str = ""
    """`package.module:name` of its `shaketable.real.containers.servers.AsContainer`; empty: `containers` cannot start it."""
    environment: Callable[[str, Part], Mapping[str, str]] = _nothing
    """The variables by which a service is told of it: from `host:port` and the part."""
    is_linked: Callable[[Part | None], bool] = _any_party
    """Whether a part, or the client (None), can send anything to it."""
    oracle: Callable[[System, str, Callable[[], Address]], Oracle] | None = None
    """Makes what reads the server's effects and knows whether work is left at it: from the system, its name, its address."""
    keeps_its_state: bool = True
    """Whether a power cut loses nothing that it acknowledged, and it is back at once; else its outage is made at the tap."""
    forget: Callable[[str, int], Awaitable[None]] | None = None
    """Makes it forget everything and stay up: for a cache, which `CacheLoss` concerns."""
    evict: Callable[[str, int, Callable[[str], bool]], Awaitable[list[str]]] | None = None
    """Makes it lose the keys that are told to be taken, and returns them: for a cache, which `KeyEviction` concerns."""
    members_of: Callable[[str, int, str], Awaitable[int]] | None = None
    """Counts the members that it has let into a group: from host, port and group; None: parts are members of none."""
    put_out: Callable[[str, int, str, str], Awaitable[bool]] | None = None
    """Puts a member out of its group: from host, port, group and the member's id; False if it is in it no more."""
    has_groups: bool = False
    """Whether clients are members of groups at it, which wait for one that is gone."""
