"""A help desk whose line of tickets is in Redis and in PostgreSQL: psycopg, redis-py and the standard library, and nothing of shaketable."""
