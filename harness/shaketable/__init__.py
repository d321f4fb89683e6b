"""shaketable: services on a shake table. Start reading at ARCHITECTURE.md, then `shaketable.schedule`."""

__version__ = "0.1.0"
