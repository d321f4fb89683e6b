"""The form in which a kind of server is declared: all that the real worlds have to know of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from shaketable.real.containers.container import ContainerSpec
from shaketable.real.oracles.oracle import Oracle
from shaketable.real.processes.binaries import Wheel
from shaketable.real.processes.server_place import ServerPlace
from shaketable.real.stack.launcher import Address
from shaketable.real.supervision.child import Child
from shaketable.real.tap.framer import Framer
from shaketable.subject import Part, System


@dataclass(frozen=True, slots=True)
class AsProcess:
    """Its start in the world `processes`: `start` makes and starts it; `wheel` carries its program, if a wheel does."""

    start: Callable[[ServerPlace], Awaitable[Child]]
    wheel: Wheel | None = None


@dataclass(frozen=True, slots=True)
class AsContainer:
    """Its start in the world `containers`: the spec is made from the image and the server's address.

    `local` is the image that `make images` builds, `official` the one that is taken if the engine has it.
    """

    spec: Callable[[str, str], ContainerSpec]
    port: int
    official: str
    local: str


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
    framer: Callable[[Callable[[], Address]], Framer]
    """Makes the framer of one connection; its argument gives the address at which that client finds the server."""
    as_process: AsProcess | None = None
    as_container: AsContainer | None = None
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
    has_groups: bool = False
    """Whether clients are members of groups at it, which wait for one that is gone."""
