"""Kafka on the wire: framing, names of boundaries, broker addresses in answers."""
