"""One network for one run: addresses that stay the same while containers come and go, and no way out of it."""

from __future__ import annotations

import ipaddress
import secrets
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from shaketable.errors import HarnessError
from shaketable.real.containers.docker_engine import engine_errors

Subnet = ipaddress.IPv4Network
_FROM = Subnet("10.0.0.0/8")
_PREFIX = 24
_TRIES = 30
_FORBIDDEN, _BAD_REQUEST = 403, 400  # how engines of different age say that two networks overlap


class RunNetwork:
    """Made at once, so that the harness has an address on it before any container is there."""

    def __init__(self, client: Any, name: str, labels: Mapping[str, str]) -> None:
        self.name = f"{name}-{uuid.uuid4().hex[:6]}"
        with engine_errors(f"make the network {self.name}"):
            self._subnet = _make(client, self.name, labels)
        self._hosts: dict[str, int] = {}

    @property
    def gateway(self) -> str:
        """This machine's address on the network."""
        return str(self._subnet[1])

    def address(self, party: str) -> str:
        """Return the address of `party`, the same each time."""
        number = self._hosts.setdefault(party, len(self._hosts) + 2)
        if number >= self._subnet.num_addresses - 1:
            raise HarnessError(f"a run has at most {self._subnet.num_addresses - 3} containers")
        return str(self._subnet[number])


def routes(table: str) -> list[Subnet]:
    """Read where this machine already sends packets to, from /proc/net/route; the default route says nothing."""
    found = []
    for line in table.splitlines()[1:]:
        _, destination, _, _, _, _, _, mask, *_ = line.split()
        start, bits = _little_endian(destination), _little_endian(mask)
        if bits:
            found.append(Subnet((start, bits.bit_count())))
    return found


def free_subnet(taken: Iterable[Subnet]) -> Subnet:
    """Find a private one that overlaps with none of `taken`; HarnessError when there is hardly any."""
    known = list(taken)
    for _ in range(1000):
        host = secrets.randbelow(_FROM.num_addresses)
        subnet = Subnet((int(_FROM.network_address) + host, _PREFIX), strict=False)
        if not any(subnet.overlaps(other) for other in known):
            return subnet
    raise HarnessError(
        f"this machine routes all of {_FROM} already: there is no address for a network of ours"
    )


def _make(client: Any, name: str, labels: Mapping[str, str]) -> Subnet:
    from docker.errors import APIError
    from docker.types import IPAMConfig, IPAMPool

    taken = routes(Path("/proc/net/route").read_text())
    for _ in range(_TRIES):
        subnet = free_subnet(taken)
        pool = IPAMPool(subnet=str(subnet), gateway=str(subnet[1]))
        try:
            # Internal: what is tested cannot reach anything outside its run.
            client.networks.create(
                name,
                driver="bridge",
                internal=True,
                labels=dict(labels),
                ipam=IPAMConfig(pool_configs=[pool]),
            )
        except APIError as error:
            if error.status_code not in (_FORBIDDEN, _BAD_REQUEST):
                raise HarnessError(f"the Docker engine makes no network: {error.explanation}") from error
            taken.append(subnet)
            continue
        return subnet
    raise HarnessError("the Docker engine makes no network: every address range is taken")


def _little_endian(word: str) -> int:
    return int.from_bytes(bytes.fromhex(word), "little")
