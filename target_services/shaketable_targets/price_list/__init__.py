"""A price list that two workers refresh, one at a time: psycopg, redis-py and the standard library, and nothing of shaketable."""
