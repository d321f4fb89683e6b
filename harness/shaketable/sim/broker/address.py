"""How a record's messages are addressed: as in every other world."""

from shaketable.boundary import record_address

__all__ = ["record_address"]
