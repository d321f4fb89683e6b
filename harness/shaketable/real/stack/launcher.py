"""The protocol of launchers, the one difference between the real worlds. Everything above it is shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from shaketable.descriptions.placeholders import Address
from shaketable.subject import Part, Server

__all__ = ["Address", "Launcher", "Needs"]


@dataclass(frozen=True, slots=True)
class Needs:
    """The servers that a system wants, each started as its kind says, and the services to come."""

    servers: tuple[Server, ...] = ()
    parts: tuple[Part, ...] = ()
    """The services to come, so that a launcher can prepare for them and their addresses are known."""


class Launcher(Protocol):
    """Starts servers and services, each at an address the tap can reach, and stops all of them again.

    Services come from a zygote, so a start after a kill costs tens of milliseconds. Whatever a launcher started
    it stops in `close`, and the next start sweeps what a kill -9 of the command left.

    A black box (`Part.is_black_box`) has no zygote: `processes` executes `Part.command`, `containers` runs a container
    of `Part.image` with the image's own entry point, in the run's network, as the user the image says. The `env` that
    `start_service` is given is then all of its environment, complete as it is: nothing is added to it (an image keeps
    what it sets itself). Each start is a new process or container at the same address; kill is SIGKILL of the
    whole of it, stop is SIGTERM and then SIGKILL, and so on as for every service.
    """

    @property
    def tap_host(self) -> str:
        """The address of this machine on which the tap listens: loopback, or the run's own network."""
        ...

    @property
    def has_toxiproxy(self) -> bool: ...

    @property
    def cannot_crash(self) -> frozenset[str]:
        """Servers that would lose acknowledged data in a crash: their outage is made at the tap instead."""
        ...

    def clock_offset_file(self, service: str) -> str:
        """Return the file on this machine whose number of milliseconds steps the service's wall clock."""
        ...

    async def start_servers(self, needs: Needs) -> None:
        """Start the servers and wait until they answer."""
        ...

    def address(self, party: str) -> Address:
        """Return where `party` (a server, or a service once started) listens, as the tap must dial it."""
        ...

    def from_toxiproxy(self, address: Address) -> Address:
        """Return the same address as Toxiproxy must dial it."""
        ...

    def toxiproxy_api(self) -> Address:
        """Return the address of Toxiproxy's HTTP API; HarnessError without Toxiproxy."""
        ...

    def toxiproxy_listen(self, n: int) -> tuple[Address, Address]:
        """Return the n-th listening address: as Toxiproxy must be told, and as the tap must dial it."""
        ...

    async def start_service(self, part: Part, env: Mapping[str, str]) -> None:
        """Fork `part` and return; the caller waits for its /healthz."""
        ...

    async def why_ended(self, party: str) -> str:
        """Say how a service or server that runs no more ended, with the last lines of its log; "" while it runs."""
        ...

    async def log_tail(self, party: str) -> str:
        """Return the end of its log; the first line says that it is that, or that there is none."""
        ...

    async def kill(self, party: str) -> bool:
        """Kill a service by SIGKILL, or crash a server (immediate shutdown); False when it was not running."""
        ...

    async def start_again(self, party: str) -> None:
        """Start a killed or stopped party again, at the same address, and wait until it accepts connections."""
        ...

    async def stop(self, party: str) -> bool:
        """Ask a service to end by SIGTERM and wait for its end."""
        ...

    async def pause(self, party: str) -> bool:
        """Let it stand still (SIGSTOP); False when it was not running."""
        ...

    async def resume(self, party: str) -> bool:
        """Let it go on (SIGCONT)."""
        ...

    async def close(self) -> None:
        """Stop everything this launcher started."""
        ...
