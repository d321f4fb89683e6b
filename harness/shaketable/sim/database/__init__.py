"""A deterministic model of PostgreSQL's transactions, and the port a service reaches it through."""

from shaketable.sim.database.database_server import DatabaseServer
from shaketable.sim.database.port import DatabasePort
from shaketable.sim.database.rows import Isolation
from shaketable.sim.database.transaction import OpenTransaction

__all__ = ["DatabasePort", "DatabaseServer", "Isolation", "OpenTransaction"]
