"""The contract's tiny system on real ports: what the real worlds start for the shop, the tills and the reader."""

from __future__ import annotations

import os

from shaketable.conformance.shop_service import Reader, Shop
from shaketable.ports import Ports, Service
from shaketable_targets.adapters import redis  # noqa: F401  # a zygote has it then, before it forks
from shaketable_targets.order_system.app import main as serve

SERVICES = {"shop": Shop, "till-1": Shop, "till-2": Shop, "reader": Reader}


def make(ports: Ports, _: object) -> Service:
    """Make the service that SERVICE_NAME names."""
    return SERVICES[ports.name](ports)


def main() -> None:
    """Serve until SIGTERM."""
    os.environ["SERVICE_CLASS"] = f"{__name__}:make"
    serve()
