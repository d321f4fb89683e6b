"""The real worlds: the same services, schedules and checkers on real PostgreSQL, Kafka and Redis."""
