"""The ports (`shaketable.ports`) on real infrastructure: PostgreSQL, Kafka, Redis, HTTP, the clock, ids."""
