"""A deterministic model of PostgreSQL's transactions, and the port a service reaches it through."""

from harness.sim.database.port import DatabasePort
from harness.sim.database.server import DatabaseServer
from harness.sim.database.transaction import Isolation, OpenTransaction

__all__ = ["DatabasePort", "DatabaseServer", "Isolation", "OpenTransaction"]
