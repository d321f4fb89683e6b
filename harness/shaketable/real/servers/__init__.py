"""Kinds of servers, one file each: what the harness has to know of PostgreSQL, Kafka and Redis; `docs/adding-a-server.md`."""
